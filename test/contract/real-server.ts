import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A program that runs and answers at its address. */
export interface RealServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Resolves when it says that it is ready. */
export async function startServer(
  url: string,
  program: string,
  words: readonly string[],
  onEnd: () => void,
): Promise<RealServer> {
  const running = spawn(program, words, { stdio: 'ignore' });
  await untilReady(url, running);
  return {
    url,
    async stop() {
      await ended(running);
      onEnd();
    },
  };
}

/** One of this host that nobody has at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function untilReady(url: string, running: ChildProcess): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await pause(50)) {
    if (running.exitCode !== null) throw new Error(`${running.spawnfile} ended with ${running.exitCode}`);
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
  }
  throw new Error(`${running.spawnfile} is not ready after 30 s`);
}

function ended(running: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    running.once('exit', () => resolve());
    running.kill();
  });
}
