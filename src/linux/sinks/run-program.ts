import { type ChildProcess, spawn } from 'node:child_process';
import { printable } from '../../model/printable.ts';
import type { Sent } from '../../ports/alert-sink.ts';
import { executorSocket } from '../programs.ts';
import { besideService } from './beside-service.ts';

/** What a program says of why it fails, as far as anybody reads it. */
const MOST_TEXT = 300;

/** Runs a program without a shell, in a process group of its own, which is killed when the time is over. */
export function runProgram(
  words: readonly [string, ...string[]],
  input: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Sent> {
  return new Promise((resolve) => {
    let says = '';
    const beside = executorSocket() === undefined ? undefined : besideService(words, environment);
    const [program, ...args] = beside?.words ?? words;
    const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', ...environment };
    const child = spawn(program, args, { cwd: '/', env, detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
    const end = (failure: string | undefined) => {
      signal.removeEventListener('abort', kill);
      child.stderr.destroy(); // what it left running may hold the other end for ever
      resolve(failure === undefined ? { ok: true } : { ok: false, reason: printable(failure), isFinal: false });
    };
    const kill = () => {
      beside?.kill();
      killGroup(child);
      end('did not end in time and was killed');
    };
    if (signal.aborted) kill();
    else signal.addEventListener('abort', kill, { once: true });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (says.length < MOST_TEXT) says = (says + text).slice(0, MOST_TEXT);
    });
    child.on('error', ({ message }) => end(message));
    child.on('exit', (code, by) => setImmediate(() => end(failureOf(code, by, says.trim()))));
    child.stdin.on('error', () => {}); // it need not read
    child.stdin.end(input);
  });
}

function failureOf(code: number | null, by: NodeJS.Signals | null, says: string): string | undefined {
  if (code === 0) return undefined;
  return `${by === null ? `ended with ${code}` : `was ended by ${by}`}${says === '' ? '' : `: ${says}`}`;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}
