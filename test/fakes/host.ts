import type { Grant } from '../../src/model/action.ts';
import type { Process } from '../../src/model/process-key.ts';
import type { Answer } from '../../src/ports/executor.ts';
import type { Host, JournalEntry } from '../../src/ports/host.ts';
import type { Machine } from './machine.ts';

/** The executor's host verbs in memory, and what was said through them. */
export interface FakeHost extends Host {
  /** `TOKEN WORD SECONDS` in order. */
  readonly hookAnswers: readonly string[];
  readonly journalled: readonly JournalEntry[];
  /** Ids of watched folders with their paths. */
  readonly folders: ReadonlyMap<string, string>;
}

export function fakeHost(machine: Machine): FakeHost {
  const hookAnswers: string[] = [];
  const journalled: JournalEntry[] = [];
  const folders = new Map<string, string>();
  const ask = <T>(perform: () => T): Promise<Answer<T>> =>
    machine.line.ask('host', () => ({ ok: true, value: perform() }));
  return {
    hookAnswers,
    journalled,
    folders,
    listen(subsystems) {
      const { line } = machine;
      return ask(() => {
        line.subsystems = subsystems;
        return 32 * 1024 * 1024;
      });
    },
    watchFolder: (id, path) => ask(() => void folders.set(id, path)),
    watchProgram: (id, path) => ask(() => void folders.set(id, path)),
    watchRuns: (id, path) => ask(() => void folders.set(id, path)),
    unwatch: (id) => ask(() => void folders.delete(id)),
    watchSystemd: () => ask(() => undefined),
    delayShutdown: () => ask(() => void machine.asked.push('host inhibit')),
    letShutdown: () => ask(() => void machine.asked.push('host uninhibit')),
    watchKernelLog: () =>
      machine.line.ask('host', () => {
        const failed = machine.refuse('host', 'kernel-log');
        return failed ? { ok: false, failed } : { ok: true, value: undefined };
      }),
    traceRefusals: () => trace(machine, 'trace-refusals'),
    untraceRefusals: () => trace(machine, 'untrace-refusals'),
    inits: (cgroup) => machine.line.ask('host', () => initsOf(machine, cgroup)),
    takeBack: (cgroup, grants) => machine.line.ask('host', () => takeBack(machine, cgroup, grants)),
    answerHook: (token, word, seconds) => ask(() => void hookAnswers.push(`${token} ${word} ${seconds}`)),
    journal: (entry) => ask(() => void journalled.push(entry)),
    notify: () => ask(() => undefined),
  };
}

function trace(machine: Machine, verb: string): Promise<Answer<void>> {
  return machine.line.ask('host', () => {
    machine.asked.push(`host ${verb}`);
    const failed = machine.refuse('host', verb);
    return failed ? { ok: false, failed } : { ok: true, value: undefined };
  });
}

function takeBack(machine: Machine, cgroup: string, grants: readonly Grant[]): Answer<void> {
  machine.asked.push(`host take-back ${cgroup}`);
  const failed = machine.refuse('host', `take-back ${cgroup}`);
  if (failed) return { ok: false, failed };
  const taken = new Set<string>(grants.map(({ number }) => number));
  const left = [...(machine.units.get(cgroup) ?? [])].filter(([number]) => !taken.has(number));
  machine.units.set(cgroup, new Map(left));
  return { ok: true, value: undefined };
}

function initsOf({ guests }: Machine, cgroup: string): Answer<readonly Process[]> {
  const start = [...guests.values()].find((one) => one?.instance.cgroup === cgroup);
  if (start === undefined) return { ok: false, failed: { errno: 'ENOENT', call: 'cgroup', subject: cgroup } };
  const { pid, startTime } = start.instance;
  return { ok: true, value: start.stage === 'cgroup' ? [] : [{ pid, startTime }] };
}
