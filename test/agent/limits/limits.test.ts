import { expect, test } from 'vitest';
import type { HitCounters } from '../../../src/model/hits.ts';
import type { Policy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage, startedStage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy, QUARTER } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const SMALL = policy({ name: 'small', guests: ['web*'], memory: { limit: 512 * MiB } });

function configured(...policies: readonly Policy[]) {
  return { ...configOf(), policies };
}

/** A running guest, limited by these policies. */
async function limited(...policies: readonly Policy[]): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  return startedStage(configured(...policies), machine);
}

function valuesOf({ machine }: Stage) {
  return machine.guests.get('web1')?.limits ?? {};
}

function writes({ machine }: Stage): readonly string[] {
  return machine.asked.filter((line) => line.startsWith('host limit '));
}

/** Somebody else writes, and the kernel tells. */
async function overwritten(made: Stage, file: 'memory.max' | 'pids.max' | 'cpu.max', value: string): Promise<void> {
  const start = made.machine.guests.get('web1');
  if (start) start.limits = { ...start.limits, [file]: value };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file });
  await made.machine.clock.pass(100);
}

async function reloaded({ agent, configuration }: Stage, ...policies: readonly Policy[]): Promise<void> {
  configuration.write({ ok: true, config: configured(...policies), warnings: [] });
  await agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
}

test('a running guest gets what its policy says, and nothing is written twice', async () => {
  const made = await limited(SMALL);
  expect(valuesOf(made)).toMatchObject({ 'memory.max': `${512 * MiB}`, 'pids.max': 'max' });
  await made.agent.control.apply(undefined, { uid: 0, pid: 1 });
  expect(writes(made)).toHaveLength(1);
});

test('a guest that starts later gets it when it starts, each time', async () => {
  const made = await limited(SMALL);
  made.machine.start('web2');
  await atRest();
  expect(made.machine.guests.get('web2')?.limits['memory.max']).toBe(`${512 * MiB}`);
  made.machine.stop('web1');
  await atRest();
  made.machine.start('web1');
  await atRest();
  expect(valuesOf(made)['memory.max']).toBe(`${512 * MiB}`);
});

test('a guest that no policy is for is left alone', async () => {
  const made = await limited(policy({ guests: ['mail'], processes: 7 }));
  expect(writes(made)).toEqual([]);
});

test('a policy that changes is in force at once, one that goes gives back what was there', async () => {
  const made = await limited(SMALL);
  await reloaded(made, policy({ ...SMALL, memory: { limit: 256 * MiB } }));
  expect(valuesOf(made)['memory.max']).toBe(`${256 * MiB}`);
  await reloaded(made);
  expect(valuesOf(made)['memory.max']).toBe('max');
});

test('an agent that starts later gives back what was there before the first one wrote', async () => {
  const machine = new Machine();
  machine.start('web1');
  const store = memoryStore();
  const first = stage(machine, configured(SMALL), portsOf(machine, configured(SMALL), store));
  await first.agent.start();
  machine.line.cut(); // the first agent is dead
  machine.startExecutor();
  const second = stage(machine, configured(), portsOf(machine, configured(), store));
  await second.agent.start();
  await atRest();
  expect(valuesOf(second)['memory.max']).toBe('max');
});

test('what somebody else writes is taken back three times in a minute, then there is an alert and peace', async () => {
  const made = await limited(SMALL);
  for (let time = 0; time < 5; time += 1) await overwritten(made, 'memory.max', 'max');
  expect(writes(made)).toHaveLength(1 + 3);
  expect(made.log.filter(({ message }) => message.includes('E_LIMIT_FIGHT web1'))).toHaveLength(1);
  const alerts = () => made.log.map(({ message }) => message).filter((message) => message.startsWith('web1: limits: '));
  expect(alerts()).toEqual(['web1: limits: written by somebody else again and again']);
  await made.machine.clock.pass(60_000);
  expect(valuesOf(made)['memory.max']).toBe(`${512 * MiB}`);
  expect(made.agent.control.status().converged).toBe(true);
  await made.machine.clock.pass(60_000);
  expect(alerts()).toEqual([expect.anything(), expect.stringMatching(/^web1: limits: for \d+ s, over now$/)]);
  expect(made.agent.control.alerts().open).toEqual([]);
});

test('what somebody else writes right after us, before anybody looks, is taken back as well', async () => {
  const machine = new Machine();
  const start = machine.start('web1');
  const ports = portsOf(machine, configured(SMALL), memoryStore());
  const { write } = ports.cgroups;
  let isFirst = true;
  ports.cgroups.write = async (instance, writes) => {
    const answer = await write(instance, writes);
    if (isFirst) start.limits = { ...start.limits, 'memory.max': 'max' };
    isFirst = false;
    return answer;
  };
  const made = stage(machine, configured(SMALL), ports);
  await made.agent.start();
  await machine.clock.pass(100);
  expect(valuesOf(made)['memory.max']).toBe(`${512 * MiB}`);
  expect(made.log.some(({ message }) => message.includes('memory.max was changed to max by somebody else'))).toBe(true);
});

test('what somebody else writes of CPU time is taken back as well', async () => {
  const bucket = { ...QUARTER, size: 400 };
  const made = await limited(policy({ guests: ['*'], cpu: { bucket, guarantee: false } }));
  await overwritten(made, 'cpu.max', 'max 100000');
  expect(valuesOf(made)['cpu.max']).toBe('200000 800000');
});

test('what no policy speaks of may be written by anybody', async () => {
  const made = await limited(SMALL);
  await overwritten(made, 'pids.max', '7');
  expect(valuesOf(made)['pids.max']).toBe('7');
});

test('what the kernel refuses is told once with the value, and tried again until it is taken', async () => {
  const machine = new Machine();
  machine.start('web1');
  let refuses = true;
  machine.refuse = (_, what) =>
    refuses && what.startsWith('limit ') ? { errno: 'EINVAL', call: 'limit', subject: 'memory.max' } : undefined;
  const made = await startedStage(configured(SMALL), machine);
  expect(made.agent.control.guest('web1')?.refusals).toEqual([
    { code: 'E_LIMIT', subject: 'web1', detail: `memory.max ${512 * MiB}: EINVAL` },
  ]);
  expect(made.agent.control.status().converged).toBe(false);
  await made.machine.clock.pass(10_000);
  expect(made.log.filter(({ message }) => message.includes('E_LIMIT '))).toHaveLength(1);
  refuses = false;
  await made.machine.clock.pass(60_000);
  expect(valuesOf(made)['memory.max']).toBe(`${512 * MiB}`);
  expect(made.agent.control.guest('web1')?.refusals).toEqual([]);
});

test('cgroups that are mounted read-only are told of once for all guests and resources, and tried again', async () => {
  const machine = new Machine();
  for (const name of ['web1', 'web2', 'web3']) machine.start(name);
  let refuses = true;
  machine.refuse = (_, what) =>
    refuses && what.startsWith('limit ') ? { errno: 'EROFS', call: 'limit', subject: 'x' } : undefined;
  const both = policy({ guests: ['*'], memory: { limit: 512 * MiB }, processes: 40 });
  const made = await startedStage(configured(both), machine);
  await machine.clock.pass(10_000);
  const told = made.log.filter(({ message }) => message.startsWith('E_LIMIT'));
  expect(told.map(({ message }) => message.split(':')[0])).toEqual(['E_LIMIT_READ_ONLY cgroups']);
  for (const name of ['web1', 'web2', 'web3'])
    expect(made.agent.control.guest(name)?.refusals).toMatchObject([{ code: 'E_LIMIT_READ_ONLY' }]);
  refuses = false;
  await machine.clock.pass(60_000);
  expect(made.agent.control.status().converged).toBe(true);
});

test('a limit that v1 refuses since the guest has more is told with what it has', async () => {
  const machine = new Machine();
  machine.start('web1');
  machine.refuse = (_, what) =>
    what.startsWith('limit ') ? { errno: 'EBUSY', call: 'limit', subject: 'memory.max' } : undefined;
  const made = await startedStage(configured(SMALL), machine);
  expect(made.agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_LIMIT_IN_USE', subject: 'web1' }]);
});

test('what this host does not have is told, and the rest is written', async () => {
  const made = await limited(policy({ ...SMALL, memory: { limit: 512 * MiB, low: 64 * MiB } }));
  expect(made.agent.control.guest('web1')?.refusals).toEqual([
    { code: 'W_LIMIT_ABSENT', subject: 'web1', detail: 'there is no memory.low' },
  ]);
  expect(valuesOf(made)['memory.max']).toBe(`${512 * MiB}`);
});

test('the plan shows the file with its old and its new value, and writes nothing', async () => {
  const made = await limited();
  made.configuration.write({ ok: true, config: configured(SMALL), warnings: [] });
  made.machine.refuse = (_, what) =>
    what.startsWith('limit ') ? { errno: 'EROFS', call: 'limit', subject: 'memory.max' } : undefined;
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
  expect((await made.agent.control.plan('web1'))[0]?.limits).toEqual([
    { file: 'memory.max', value: `${512 * MiB}`, held: 'max' },
  ]);
});

test('of a bucket that the kernel does not keep by itself is told why, with what is planned and with what is held', async () => {
  const made = await limited();
  const idle = policy({
    guests: ['*'],
    cpu: { bucket: { ...QUARTER, idle: { rate: 1, interval: 8 } }, guarantee: false },
  });
  made.configuration.write({ ok: true, config: configured(idle), warnings: [] });
  made.machine.refuse = (_, what) =>
    what.startsWith('limit ') ? { errno: 'EROFS', call: 'limit', subject: 'cpu.max' } : undefined;
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
  const why = 'the kernel gives nothing above a quota, however idle others are';
  expect((await made.agent.control.plan('web1'))[0]?.limits).toMatchObject([{ file: 'cpu.max', why }]);
  expect(made.agent.control.limits('web1')).toMatchObject([{ bucket: why }]);
});

test('hits are counted over a start of the guest and one of the agent', async () => {
  const machine = new Machine();
  const store = memoryStore();
  const ports = () => portsOf(machine, configured(SMALL), store);
  machine.start('web1').counters = { rss: 37 };
  const first = stage(machine, configured(SMALL), ports());
  await first.agent.start();
  expect(hitsOf(first)).toBe(37);
  machine.stop('web1');
  await atRest();
  machine.start('web1').counters = { rss: 1 };
  await atRest();
  await machine.clock.pass(2_000);
  expect(hitsOf(first)).toBe(38);
  machine.line.cut(); // the first agent is dead
  machine.startExecutor();
  const second = stage(machine, configured(SMALL), ports());
  await second.agent.start();
  await atRest();
  expect(hitsOf(second)).toBe(38);
});

test('hits that somebody was shown are kept, although guest and agent end before the next look', async () => {
  const [machine, store] = [new Machine(), memoryStore()];
  const ports = () => portsOf(machine, configured(SMALL), store);
  const start = machine.start('web1');
  const first = stage(machine, configured(SMALL), ports());
  await first.agent.start();
  start.counters = { rss: 3 }; // of which the kernel does not tell
  expect(hitsOf(first)).toBe(3);
  machine.stop('web1');
  first.agent.end();
  machine.line.cut();
  machine.startExecutor();
  const second = stage(machine, configured(SMALL), ports());
  await second.agent.start();
  expect(hitsOf(second)).toBe(3);
});

function hitsOf({ agent }: Stage): number | undefined {
  return agent.control.limits('web1')[0]?.rows.find(({ resource }) => resource === 'rss')?.hits;
}

test('an executor that was started anew hears of changes again', async () => {
  const made = await limited(SMALL);
  made.machine.killExecutor();
  await made.machine.clock.pass(5_000);
  expect([...made.machine.line.limits]).toEqual(['web1']);
});

test('nobody listens to a guest that no policy is for any more, or that is not on this host', async () => {
  const made = await limited(SMALL);
  made.machine.start('web2');
  await atRest();
  expect([...made.machine.line.limits]).toEqual(['web1', 'web2']);
  made.machine.guests.delete('web2');
  made.machine.folderChanged('web2');
  await atRest();
  expect([...made.machine.line.limits]).toEqual(['web1']);
  await reloaded(made);
  await made.agent.control.apply('web1', { uid: 0, pid: 1 });
  await atRest();
  expect([...made.machine.line.limits]).toEqual([]);
  await reloaded(made, SMALL);
  expect([...made.machine.line.limits]).toEqual(['web1']);
});

test('a kill is told at once, with the process that was killed', async () => {
  const made = await limited(SMALL);
  const start = made.machine.guests.get('web1');
  if (start) start.counters = { 'oom-kill': 1 };
  made.agent.handle({ kind: 'oom-kill', pid: 4711, command: 'hog\u001b[2J', cgroup: '/lxc.payload.web1/system.slice' });
  await atRest();
  expect(made.log.map(({ message }) => message)).toContain(
    'web1: out of memory, killed: 1 hit, hog\\x1b[2J (process 4711)',
  );
});

test('a kill whose name the kernel does not say is told without, a moment later', async () => {
  const made = await limited(SMALL);
  const start = made.machine.guests.get('web1');
  if (start) start.counters = { 'oom-kill': 2 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await made.machine.clock.pass(500);
  expect(made.log.map(({ message }) => message)).toContain('web1: out of memory, killed: 2 hits');
});

test('one whose name the kernel says late, since it had no time in between, is told with it', async () => {
  const made = await limited(SMALL);
  const start = made.machine.guests.get('web1');
  if (start) start.counters = { 'oom-kill': 1 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await made.machine.clock.pass(450);
  made.agent.handle({ kind: 'oom-kill', pid: 4711, command: 'hog', cgroup: '/lxc.payload.web1' });
  await made.machine.clock.pass(600);
  const told = made.log.map(({ message }) => message).filter((message) => message.includes('out of memory'));
  expect(told).toEqual(['web1: out of memory, killed: 1 hit, hog (process 4711)']);
});

test('where its log cannot be read nobody waits for a name', async () => {
  const machine = new Machine();
  machine.refuse = (_, what) =>
    what === 'kernel-log' ? { errno: 'EPERM', call: 'kernel-log', subject: '' } : undefined;
  const start = machine.start('web1');
  const made = await startedStage(configured(SMALL), machine);
  start.counters = { 'oom-kill': 1 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await atRest();
  expect(made.log.map(({ message }) => message)).toContain('web1: out of memory, killed: 1 hit');
});

async function outOfMemory(made: Stage, ...counters: readonly HitCounters[]): Promise<readonly string[]> {
  for (const some of counters) {
    const start = made.machine.guests.get('web1');
    if (start) start.counters = some;
    made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
    await made.machine.clock.pass(10);
  }
  await made.machine.clock.pass(600);
  return made.log.map(({ message }) => message).filter((message) => message.includes('out of memory'));
}

test('that memory is out and who is killed for it is one alert, whichever is counted first', async () => {
  const told = ['web1: out of memory, killed: 1 hit'];
  expect(await outOfMemory(await limited(SMALL), { oom: 1 }, { oom: 1, 'oom-kill': 1 })).toEqual(told);
  expect(await outOfMemory(await limited(SMALL), { oom: 1, 'oom-kill': 1 })).toEqual(told);
});

test('that memory is out is told a moment later where nobody is killed for it', async () => {
  const made = await limited(SMALL);
  expect(await outOfMemory(made, { oom: 1 })).toHaveLength(1);
  expect(made.log.some(({ message }) => message.includes('killed'))).toBe(false);
});

test('the end of a process that is in no guest is told of none', async () => {
  const made = await limited(SMALL);
  made.agent.handle({ kind: 'oom-kill', pid: 1, command: 'x', cgroup: '/lxc.payload.web10' });
  await atRest();
  expect(made.log.filter(({ message }) => message.includes('killed'))).toEqual([]);
});

test('a name that comes long after its kill is not another kill', async () => {
  const made = await limited(SMALL);
  const start = made.machine.guests.get('web1');
  if (start) start.counters = { 'oom-kill': 1 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await made.machine.clock.pass(100);
  made.agent.handle({ kind: 'oom-kill', pid: 7, command: 'late', cgroup: '/lxc.payload.web1' });
  made.machine.stop('web1');
  await atRest();
  const [view] = made.agent.control.limits('web1');
  expect(view?.rows.find(({ resource }) => resource === 'oom')?.hits).toBe(1);
});

test('what is fought over keeps nothing else from being written', async () => {
  const made = await limited(policy({ ...SMALL, processes: 7 }));
  for (let time = 0; time < 5; time += 1) await overwritten(made, 'pids.max', 'max');
  expect(valuesOf(made)['pids.max']).toBe('max');
  await overwritten(made, 'memory.max', 'max');
  expect(valuesOf(made)['memory.max']).toBe(`${512 * MiB}`);
});

test('an alert is over when nobody limits the guest any more', async () => {
  const made = await limited(SMALL);
  const start = made.machine.guests.get('web1');
  if (start) start.counters = { 'oom-kill': 1 };
  made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
  await made.machine.clock.pass(100);
  await reloaded(made);
  await made.machine.clock.pass(300_000);
  expect(made.agent.control.alerts().open).toEqual([]);
});

test('hits alone do not write the disk again and again', async () => {
  const machine = new Machine();
  const store = memoryStore();
  let saves = 0;
  const counting = {
    ...store,
    saveLimits: (...words: Parameters<typeof store.saveLimits>) => {
      saves += 1;
      return store.saveLimits(...words);
    },
  };
  machine.start('web1');
  const made = stage(machine, configured(SMALL), portsOf(machine, configured(SMALL), counting));
  await made.agent.start();
  await atRest();
  const before = saves;
  for (let hits = 1; hits <= 100; hits += 1) {
    const start = machine.guests.get('web1');
    if (start) start.counters = { rss: hits };
    made.agent.handle({ kind: 'limits-changed', guest: 'web1', file: 'memory.events' });
    await machine.clock.pass(10);
  }
  expect(saves - before).toBeLessThanOrEqual(2);
});
