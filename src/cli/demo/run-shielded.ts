import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { wishesToEnd } from './interruption.ts';

/**
 * Runs a program to its end and answers what it printed; throws when it fails, with what it printed until then. It has a
 * session of its own: Ctrl-C, which a terminal sends to everything in the foreground, must not leave half of what was being
 * made or taken away.
 */
export async function runShielded(
  program: string,
  words: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Promise<string> {
  for (;;) {
    const { stdout, stderr, code, signal } = await runDetached(program, words, environment);
    if (code === 0) return stdout;
    // Between the fork and the session of its own Ctrl-C still ends it; then it has not begun, and can begin again.
    if (signal !== null && wishesToEnd.includes(signal)) continue;
    const says = `${program} ${words.join(' ')} ended with ${signal ?? code}: ${stderr.trim()}`;
    throw Object.assign(new Error(says), { stdout, stderr });
  }
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function runDetached(
  program: string,
  words: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const child = spawn(program, words, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, code: child.exitCode, signal: child.signalCode };
}
