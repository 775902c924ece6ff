import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { INSIDE } from './build.ts';
import type { Machine } from './machine.ts';
import { type Outcome, parseOutcome } from './outcome.ts';

const CONFIG = 'test/vm/inside/vitest.config.ts';

/** How the tests inside are run by ssh. */
export const insideWords = {
  /** QEMU's monitor appears in the machine, so that what runs there can plug devices in. */
  forward: ({ qmpSocket }: Machine): readonly string[] => ['-S', 'none', '-R', `/run/qmp.sock:${qmpSocket}`],
  command: (words: readonly string[]): string =>
    `cd ${INSIDE} && PATH=$PWD/node_modules/.bin:$PATH HOSTLER_TEST_PATIENCE_MS=180000 node_modules/.bin/node node_modules/.bin/vitest run --config ${CONFIG} ${words.map(quoted).join(' ')}`,
};

/** One run of the tests inside the machine. */
export interface InsideRun {
  /** What became of a test; throws when the run ended without it. */
  outcome(id: string): Promise<Outcome>;
  end(): void;
}

export function runInside(machine: Machine, paths: readonly string[]): InsideRun {
  const words = [...paths, '--reporter=./test/vm/inside/reporter.ts'];
  const [program = '', ...rest] = [...machine.ssh(...insideWords.forward(machine)), insideWords.command(words)];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const known = new Map<string, Outcome>();
  const waiting = new Map<string, (outcome: Outcome | undefined) => void>();
  let ended = false;
  const talk: string[] = [];
  let state: Promise<string> | undefined;

  createInterface({ input: child.stdout }).on('line', (line) => {
    const outcome = parseOutcome(line);
    if (outcome === undefined) return void talk.push(line);
    known.set(outcome.id, outcome);
    waiting.get(outcome.id)?.(outcome);
  });
  createInterface({ input: child.stderr }).on('line', (line) => talk.push(line));
  const over = () => {
    ended = true;
    for (const wake of waiting.values()) wake(undefined);
  };
  child.on('close', over).on('error', over);

  return {
    async outcome(id) {
      const outcome = known.get(id) ?? (ended ? undefined : await new Promise((resolve) => waiting.set(id, resolve)));
      if (outcome !== undefined) return outcome;
      state ??= machine.state(); // of all that are missing one tells
      throw new Error(`the run inside ended without this test: ${await state}\n${talk.slice(-10).join('\n')}`);
    },
    end: () => end(child),
  };
}

function end(child: ChildProcess): void {
  if (child.exitCode === null) child.kill('SIGTERM');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
