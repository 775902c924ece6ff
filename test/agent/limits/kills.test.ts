import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine, type Start } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const config = { ...configOf(), policies: [policy({ guests: ['*'], processes: 40 })] };
/** From then on what the log says is of this start. */
const SETTLED_MS = 1000;

async function running(): Promise<{ readonly made: Stage; readonly start: Start }> {
  const machine = new Machine();
  machine.killsApart = true;
  const start = machine.start('web1');
  start.counters = { 'oom-kill': 0, processes: 0 };
  const made = await startedStage(config, machine);
  await machine.clock.pass(SETTLED_MS);
  return { made, start };
}

function hits({ agent }: Stage, resource: 'oom' | 'processes' = 'oom'): number | undefined {
  return agent.control.limits('web1')[0]?.rows.find((row) => row.resource === resource)?.hits;
}

function logged({ agent }: Stage, below = ''): void {
  agent.handle({ kind: 'oom-kill', pid: 101, command: 'hog', cgroup: `/lxc.payload.web1${below}` });
}

/** Its cgroup stays until somebody removes it. */
function ends({ machine }: Stage, start: Start, lingers: boolean): void {
  if (lingers) machine.lingering.set(start.instance.pid, start);
  machine.stop('web1');
}

const says = ({ log }: Stage) => log.map(({ message }) => message).filter((message) => message.includes('killed'));

interface Life {
  readonly kills: readonly {
    readonly below: boolean;
    /** What the agent hears of first, and whether it looks between the two. */
    readonly logFirst: boolean;
    readonly looks: boolean;
  }[];
  readonly lingers: boolean;
  /** The last is in the log after the end alone. */
  readonly lateLog: boolean;
}

const kill = fc.record({
  below: fc.boolean(),
  logFirst: fc.boolean(),
  looks: fc.boolean(),
});
const life: fc.Arbitrary<Life> = fc.record({
  kills: fc.array(kill, { maxLength: 4 }),
  lingers: fc.boolean(),
  lateLog: fc.boolean(),
});

describe('a kill', () => {
  test('that ends the guest is counted and told, although its counters are gone with it', async () => {
    const { made, start } = await running();
    logged(made);
    await atRest();
    expect(hits(made)).toBe(0);
    ends(made, start, false);
    await atRest();
    expect(says(made)).toEqual(['web1: out of memory, killed: 1 hit, hog (process 101)']);
    expect(hits(made)).toBe(1);
  });

  test('of which the log tells after the end is counted and told as well', async () => {
    const { made, start } = await running();
    ends(made, start, false);
    await atRest();
    logged(made);
    await atRest();
    expect(says(made)).toEqual(['web1: out of memory, killed: 1 hit, hog (process 101)']);
    expect(hits(made)).toBe(1);
  });

  test('in a cgroup of the guest’s own is counted where only the log tells of it', async () => {
    const { made } = await running();
    logged(made, '/system.slice/a.service');
    await atRest();
    expect(hits(made)).toBe(1);
    expect(says(made)).toEqual(['web1: out of memory, killed: 1 hit, hog (process 101)']);
  });

  test('in a cgroup of the guest’s own is not counted by the log where the counter has it', async () => {
    const { made, start } = await running();
    made.machine.killsApart = false;
    start.counters = { 'oom-kill': 1 };
    logged(made, '/system.slice/a.service');
    await atRest();
    expect(hits(made)).toBe(1);
    ends(made, start, false);
    await atRest();
    expect(hits(made)).toBe(1);
  });

  test('is counted once, whoever tells of it and however the guest ends', () =>
    fc.assert(
      fc.asyncProperty(fc.array(life, { maxLength: 3 }), async (lives) => {
        const { made, start } = await running();
        await lives.reduce(async (before, one) => lived(made, one, await before), Promise.resolve({ start, all: 0 }));
      }),
    ));
});

interface Lived {
  readonly start: Start;
  /** Killed in this and all former lives. */
  readonly all: number;
}

async function lived(made: Stage, { kills, lingers, lateLog }: Life, { start, all }: Lived): Promise<Lived> {
  for (const one of kills) await killed(made, start, one);
  if (lateLog) counted(start);
  ends(made, start, lingers);
  await atRest();
  if (lateLog) logged(made);
  await made.machine.clock.pass(100);
  const sum = all + kills.length + (lateLog ? 1 : 0);
  expect(hits(made)).toBe(sum);
  const next = made.machine.start('web1');
  next.counters = { 'oom-kill': 0 };
  await made.machine.clock.pass(SETTLED_MS);
  expect(hits(made)).toBe(sum);
  return { start: next, all: sum };
}

async function killed(made: Stage, start: Start, { below, logFirst, looks }: Life['kills'][number]): Promise<void> {
  const [count, log] = [() => below || counted(start), () => logged(made, below ? '/a' : '')];
  for (const happens of logFirst ? [log, count] : [count, log]) {
    happens();
    if (looks) await looked(made);
  }
}

function counted(start: Start): void {
  start.counters = { ...start.counters, 'oom-kill': (start.counters['oom-kill'] ?? 0) + 1 };
}

async function looked(made: Stage): Promise<void> {
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.oom_control' });
  await made.machine.clock.pass(100);
}

test('everybody who is killed is named once, also while an alert of the first is told', async () => {
  const { made, start } = await running();
  for (const pid of [101, 102, 103]) {
    counted(start);
    made.agent.handle({ kind: 'oom-kill', pid, command: `hog${pid}`, cgroup: '/lxc.payload.web1' });
    await made.machine.clock.pass(1000);
  }
  const named = made.log.map(({ message }) => message).filter((message) => message.includes('was ended'));
  expect(named).toHaveLength(3);
  for (const pid of [101, 102, 103]) expect(named.join()).toContain(`hog${pid} (process ${pid})`);
});

test('what a guest hit since the last look is counted when its init is gone', async () => {
  const { made, start } = await running();
  start.counters = { 'oom-kill': 2, processes: 7 };
  ends(made, start, true);
  await atRest();
  expect([hits(made, 'processes'), hits(made)]).toEqual([7, 2]);
  await made.machine.clock.pass(2000);
  made.machine.start('web1').counters = { processes: 1 };
  await made.machine.clock.pass(2000);
  expect(hits(made, 'processes')).toBe(8);
});

test('also when it runs again before anybody heard of its end', async () => {
  const { made, start } = await running();
  start.counters = { processes: 7 };
  made.machine.lingering.set(start.instance.pid, start);
  made.machine.start('web1').counters = { processes: 1 };
  await made.machine.clock.pass(2000);
  expect(hits(made, 'processes')).toBe(8);
});
