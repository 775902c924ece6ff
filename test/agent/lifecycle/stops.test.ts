import { expect, test } from 'vitest';
import type { InitFacts } from '../../../src/model/init-facts.ts';
import type { StopSettings } from '../../../src/model/lifecycle.ts';
import type { StopWish } from '../../../src/ports/agent.ts';
import { configOf } from '../../fakes/configuration.ts';
import { SERVER } from '../../fakes/life.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage, startedStage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { deaf, LISTENING } from '../../lifecycle/init-facts.ts';

const caller = { uid: 0, pid: 1 };
const FROZEN = 'host freeze /lxc.payload.web1';
const SETTINGS: StopSettings = { timeoutMs: 60_000, before: [] };

async function staged(settings = SETTINGS): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  return startedStage({ ...configOf(), guests: [{ guest: 'web1', stop: settings }] }, machine);
}

async function stop({ agent, machine }: Stage, ms: number, wish: StopWish = { kill: false }): Promise<void> {
  void agent.control.stop('web1', wish, caller);
  await machine.clock.pass(ms);
}

function initIs({ machine }: Stage, init: InitFacts): void {
  const start = machine.guests.get('web1');
  if (start) start.init = init;
}

/** What was done to end it, without looks. */
function done({ machine }: Stage): readonly string[] {
  return machine.asked.filter((line) => /^(web1|\d+) (halt|terminate|kill|run-inside|on host)|^host freeze/.test(line));
}

function told({ agent }: Stage, kind = 'stop'): readonly string[] {
  return agent.control.events(0).flatMap((event) => (event.kind === kind ? event.says : []));
}

/** How it has ended, as whoever waits for that is told. */
function ends({ agent }: Stage): readonly (readonly string[])[] {
  return agent.control
    .events(0)
    .flatMap(({ kind, action, severity, says }) => (kind === 'stop' && action === 'stopped' ? [[severity, says]] : []));
}

test('a guest that halts is told to once, and both its steps and its end are said', async () => {
  const made = await staged();
  await stop(made, 100);
  expect(done(made)).toEqual(['web1 halt signal 12']);
  expect(told(made)).toEqual([
    'web1: asked to halt: signal 12 to its busybox init',
    expect.stringMatching(/^web1: stopped in 0\.\d s$/),
  ]);
  expect(ends(made).map(([severity]) => severity)).toEqual(['info']);
  expect(told(made, 'guest')).toContain('web1: is being stopped');
  expect(await made.agent.control.stop('web1', { kill: false }, caller)).toEqual({
    guest: 'web1',
    state: 'stopped',
    after: expect.any(Number),
  });
});

test('a guest that does not halt is asked again, in another way, and killed at its deadline', async () => {
  const made = await staged();
  made.machine.onHalt = () => {};
  initIs(made, LISTENING.runit);
  await stop(made, 59_999);
  expect(done(made)).not.toContain('web1 kill-guest');
  await made.machine.clock.pass(10);
  expect(done(made)).toEqual([
    'web1 halt runit',
    'web1 halt runit',
    'web1 halt runit',
    'web1 halt runit',
    'web1 halt runit',
    'web1 halt runit',
    'web1 halt signal 30',
    'web1 terminate',
    FROZEN,
    'web1 kill-guest',
  ]);
  expect(told(made, 'refusal')).toEqual([
    expect.stringMatching(/^W_KILLED web1: .*nfsd \(process 7, D in rpc_wait, of nfs.service\)/),
  ]);
});

test.each(['plain', 's6'] as const)('one with the init %s that takes its time is sent one signal', async (init) => {
  const made = await staged();
  initIs(made, LISTENING[init]);
  made.machine.onHalt = () => {};
  await stop(made, 50_000);
  expect(done(made)).toEqual(['web1 halt signal 15']);
  expect(told(made)).toContain('web1: has heard it, and ends');
});

test('one is asked again that could not be asked, and once', async () => {
  const made = await staged();
  initIs(made, LISTENING.plain);
  made.machine.onHalt = () => {};
  made.machine.refuse = (_, what) =>
    what.startsWith('halt') ? { errno: 'EPIPE', call: 'executor', subject: '' } : undefined;
  await stop(made, 500);
  made.machine.refuse = () => undefined;
  await made.machine.clock.pass(40_000);
  expect(done(made).filter((line) => line.startsWith('web1 halt'))).toHaveLength(2);
  expect(told(made).filter((line) => line.includes('asked to halt'))).toHaveLength(2);
});

test('a program that halts it is run again where it has failed, and not while it runs', async () => {
  const words = ['poweroff'];
  const made = await staged({ ...SETTINGS, halt: { kind: 'command', words } });
  let runs = 0;
  made.machine.onRun = () => {
    runs += 1;
    return runs === 1 ? Promise.resolve(1) : new Promise(() => {});
  };
  await stop(made, 40_000);
  expect(done(made)).toEqual(['web1 run-inside poweroff', 'web1 run-inside poweroff']);
});

test('what the kernel does not let end is said, and ends the stop when it does', async () => {
  const made = await staged();
  made.machine.onHalt = () => {};
  const start = made.machine.guests.get('web1');
  if (start) start.isUnkillable = true;
  await stop(made, 75_000);
  expect(made.agent.control.guest('web1')?.refusals.map(({ code }) => code)).toEqual(['E_WEDGED']);
  made.machine.stop('web1');
  await made.machine.clock.pass(100);
  expect(made.agent.control.guest('web1')?.refusals).toEqual([]);
  expect(told(made).at(-1)).toMatch(/^web1: stopped in 7\d\.\d s, killed$/);
});

test('who was killed can be read when all is over, also by another agent, where one guest is asked for', async () => {
  const machine = new Machine();
  machine.start('web1');
  const config = { ...configOf(), guests: [{ guest: 'web1', stop: SETTINGS }] };
  const store = memoryStore();
  const first = stage(machine, config, portsOf(machine, config, store));
  await first.agent.start();
  await stop(first, 1_000, { kill: true });
  expect(first.agent.control.guest('web1')?.evidence).toMatchObject({
    why: 'killed',
    count: 1,
    says: 'killed: 1 process, nfsd (process 7, D in rpc_wait, of nfs.service)',
    processes: [SERVER],
  });
  expect(first.agent.control.guests()[0]).not.toHaveProperty('evidence');
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  const second = stage(machine, config, portsOf(machine, config, store));
  await second.agent.start();
  await machine.clock.pass(100);
  expect(second.agent.control.guest('web1')?.evidence).toEqual(first.agent.control.guest('web1')?.evidence);
});

test('another agent goes on with the first deadline, and sends nothing that was sent', async () => {
  const machine = new Machine();
  machine.start('web1');
  machine.onHalt = () => {};
  const config = { ...configOf(), guests: [{ guest: 'web1', stop: SETTINGS }] };
  const store = memoryStore();
  const first = stage(machine, config, portsOf(machine, config, store));
  await first.agent.start();
  await first.agent.control.stop('web1', { kill: false }, caller);
  await machine.clock.pass(55_000);
  machine.clock.silence();
  machine.line.cut();
  machine.startExecutor();
  const before = done(first).length;
  const second = stage(machine, config, portsOf(machine, config, store));
  await second.agent.start();
  await machine.clock.pass(5_100);
  expect(done(second).slice(before)).toEqual([FROZEN, 'web1 kill-guest']);
  expect(ends(second)).toEqual([['warning', expect.stringMatching(/^web1: stopped in 60\.\d s, killed$/)]]);
  expect(await second.agent.control.stop('web1', { kill: false }, caller)).toMatchObject({ endedBadly: true });
  const together = await second.agent.control.stopTogether({ guests: ['web1'] }, { kill: false }, caller);
  expect(together).toMatchObject([{ state: 'stopped', endedBadly: true }]);
  expect(store.stop('web1')).toBeUndefined();
});

test('another start of the guest is not touched', async () => {
  const made = await staged();
  made.machine.onHalt = (guest) => {
    made.machine.stop(guest);
    made.machine.start(guest);
  };
  await stop(made, 70_000);
  expect(done(made)).toEqual(['web1 halt signal 12']);
  expect(made.agent.control.guest('web1')?.state).toBe('running');
});

test('an init that does not listen yet is asked when it does', async () => {
  const made = await staged();
  const start = made.machine.guests.get('web1');
  if (start) start.init = deaf(LISTENING.busybox);
  await stop(made, 300);
  expect(done(made)).toEqual([]);
  if (start) start.init = LISTENING.busybox;
  await made.machine.clock.pass(300);
  expect(done(made)).toEqual(['web1 halt signal 12']);
});

test('a guest that stands still goes on first', async () => {
  const made = await staged();
  const start = made.machine.guests.get('web1');
  if (start) start.isFrozen = true;
  await stop(made, 100);
  const asked = made.machine.asked.filter((line) => /thaw|halt/.test(line));
  expect(asked).toEqual(['host thaw /lxc.payload.web1', 'web1 halt signal 12']);
});

test('programs before it run in order, and one that fails is said', async () => {
  const made = await staged({
    timeoutMs: 60_000,
    before: [
      { words: ['pg_ctl', 'stop'], timeoutMs: 1000, where: 'guest' },
      { words: ['/bin/log'], timeoutMs: 1000, where: 'host' },
    ],
  });
  made.machine.onRun = async () => 3;
  await stop(made, 100);
  expect(done(made)).toEqual(['web1 run-inside pg_ctl stop', 'web1 on host /bin/log', 'web1 halt signal 12']);
  expect(told(made, 'refusal')).toEqual([expect.stringMatching(/^E_STOP web1: .*pg_ctl stop: ended with 3/)]);
  await made.machine.clock.pass(5000);
  expect(ends(made)).toEqual([
    ['warning', expect.stringMatching(/, and not all that is run before its halt ended well$/)],
  ]);
});

test('a program before it that the guest does not have is said so', async () => {
  const made = await staged({ ...SETTINGS, before: [{ words: ['pg_ctl'], timeoutMs: 1000, where: 'guest' }] });
  made.machine.refuse = (_, what) =>
    what.startsWith('run-inside') ? { errno: 'ENOENT', call: 'execve', subject: 'pg_ctl' } : undefined;
  await stop(made, 100);
  expect(told(made, 'refusal')).toEqual([
    expect.stringMatching(/^E_STOP web1: .*: pg_ctl: there is no such program in the guest, /),
  ]);
});

test('programs before it that get less time than they may take are said, and it goes on', async () => {
  const [ckpt, log] = [['ckpt'], ['/bin/log']];
  const made = await staged({
    timeoutMs: 120_000,
    before: [
      { words: ckpt, timeoutMs: 50_000, where: 'guest' },
      { words: log, timeoutMs: 10_000, where: 'host' },
    ],
  });
  made.machine.onRun = () => new Promise(() => {});
  await stop(made, 14_900, { kill: false, timeoutMs: 30_000 });
  expect(told(made, 'refusal')).toEqual([]);
  await made.machine.clock.pass(200);
  expect(done(made)).toEqual(['web1 run-inside ckpt', 'web1 halt signal 12']);
  expect(told(made, 'refusal')).toEqual([
    expect.stringMatching(/^E_STOP web1: .*: ckpt: still runs after 15 s, .* a longer stop.timeout would do/),
    expect.stringMatching(/^E_STOP web1: .*: \/bin\/log: was not run after 15 s/),
  ]);
  await made.machine.clock.pass(5000);
  expect(ends(made)).toEqual([
    ['warning', expect.stringMatching(/, and not all that is run before its halt ended well$/)],
  ]);
});

test('one that takes its own time is said once', async () => {
  const before = [{ words: ['ckpt'], timeoutMs: 5_000, where: 'guest' } as const];
  const made = await staged({ timeoutMs: 60_000, before });
  made.machine.onRun = async () => {
    await new Promise<void>((resolve) => made.machine.clock.wake(made.machine.clock.now() + 5_050, resolve));
    return 137;
  };
  await stop(made, 6_000);
  expect(told(made, 'refusal')).toEqual([expect.stringMatching(/^E_STOP web1: .*: ckpt: ended with 137/)]);
});

test('one that is asked for twice is one, with less time where that is wished', async () => {
  const made = await staged();
  made.machine.onHalt = () => {};
  await stop(made, 900);
  await stop(made, 100, { kill: true });
  expect(done(made)).toEqual(['web1 halt signal 12', FROZEN, 'web1 kill-guest']);
});

test('a guest that does not run needs no stop', async () => {
  const made = await staged();
  made.machine.stop('web1');
  await made.machine.clock.pass(100);
  expect(await made.agent.control.stop('web1', { kill: false }, caller)).toMatchObject({
    guest: 'web1',
    state: 'stopped',
  });
});

test('a step that cannot be done is said once, and the next ones follow', async () => {
  const made = await staged();
  made.machine.refuse = (_, what) =>
    what.startsWith('halt') ? { errno: 'EPERM', call: 'pidfd', subject: '' } : undefined;
  await stop(made, 60_100);
  expect(told(made, 'refusal').map((line) => line.split(';')[0])).toEqual([
    'E_STOP web1: a step of its stop failed: halt: pidfd EPERM',
    expect.stringMatching(/^W_KILLED web1/),
  ]);
  expect(made.agent.control.guest('web1')?.state).toBe('stopped');
});

test('one that comes up again instead of halting is halted', async () => {
  const made = await staged();
  made.machine.onHalt = (guest) => {
    if (done(made).length === 1) made.machine.reboot(guest);
    else made.machine.stop(guest);
  };
  const start = made.machine.guests.get('web1');
  if (start) start.keeper = 'keeper of web1';
  await stop(made, 2000);
  expect(done(made)).toEqual(['web1 halt signal 12', 'web1 halt signal 12']);
  expect(told(made)).toContain('web1: came up again instead of halting');
  expect(told(made).at(-1)).toMatch(/^web1: stopped in \d\.\d s$/);
  expect(made.agent.control.guest('web1')?.state).toBe('stopped');
});

test('one that had rebooted when somebody stops it, and nobody has told that yet, is stopped', async () => {
  const machine = new Machine();
  const keeper = '22954 700';
  machine.start('web1').keeper = keeper;
  machine.keepers.add(keeper);
  const made = await startedStage(configOf(), machine);
  machine.killExecutor();
  machine.stop('web1');
  machine.start('web1').keeper = keeper;
  await stop(made, 5000);
  expect(told(made)).toContain('web1: came up again instead of halting');
  expect([machine.guests.get('web1'), made.agent.control.guest('web1')?.state]).toEqual([undefined, 'stopped']);
});

test('one that comes up again and again is killed at the first deadline', async () => {
  const made = await staged({ ...SETTINGS, timeoutMs: 10_000 });
  const start = made.machine.guests.get('web1');
  if (start) start.keeper = 'keeper of web1';
  made.machine.onHalt = (guest) => made.machine.rebootIn(1000, guest);
  await stop(made, 9_900);
  expect(done(made)).not.toContain('web1 kill-guest');
  await made.machine.clock.pass(400);
  expect(done(made)).toContain('web1 kill-guest');
  expect(made.agent.control.guest('web1')?.state).toBe('stopped');
});

test('who is left in its cgroup when init has ended is looked at, killed and told', async () => {
  const made = await staged();
  const start = made.machine.guests.get('web1');
  if (start) start.others = ['pipe_read'];
  await stop(made, 900);
  expect(done(made)).toEqual(['web1 halt signal 12']);
  await made.machine.clock.pass(500);
  expect(done(made).slice(1)).toEqual([expect.stringMatching(/^\d+ kill-guest$/)]);
  expect(told(made, 'refusal')).toEqual([
    expect.stringMatching(/^W_LEFT web1: .*: 1 process, nfsd \(process \d+, S in pipe_read\)/),
  ]);
  expect(told(made).at(-1)).toMatch(/^web1: stopped in 1\.\d s/);
});

test('and nothing is done to those who end by themselves', async () => {
  const made = await staged();
  const start = made.machine.guests.get('web1');
  if (start) start.others = ['pipe_read'];
  await stop(made, 500);
  if (start) made.machine.leave(start);
  await made.machine.clock.pass(1_500);
  expect(done(made)).toEqual(['web1 halt signal 12']);
  expect(told(made).at(-1)).toMatch(/^web1: stopped in \d\.\d s$/);
});

test('the last look says of one that stands still what it waited for before', async () => {
  const made = await staged();
  await stop(made, 1_000, { kill: true });
  expect(done(made)).toEqual([FROZEN, 'web1 kill-guest']);
  expect(made.agent.control.guest('web1')?.evidence?.says).toMatch(/nfsd \(process 7, D in rpc_wait, of nfs.service\)/);
});

test('one that is to be killed is not said to have halted too late', async () => {
  const made = await staged();
  await stop(made, 1_000, { kill: true });
  expect(told(made, 'refusal')).toEqual([]);
  expect(told(made)).toContain('web1: looks at what still runs');
  expect(ends(made)).toEqual([['warning', expect.stringMatching(/^web1: stopped in \d\.\d s, killed$/)]]);
});

test('a stop is kept before anything is seen of the guest', async () => {
  const machine = new Machine();
  machine.start('web1');
  const store = memoryStore();
  const config = { ...configOf(), guests: [{ guest: 'web1', stop: SETTINGS }] };
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await made.agent.control.stop('web1', { kill: false }, caller);
  expect(store.stop('web1')).toMatchObject({ phase: 'quiesce', of: machine.guests.get('web1')?.instance });
});

test('who only asks again takes no time away', async () => {
  const made = await staged();
  made.machine.onHalt = () => {};
  await stop(made, 1_000, { kill: false, timeoutMs: 100_000 });
  await stop(made, 90_000);
  expect(done(made)).not.toContain('web1 kill-guest');
  await made.machine.clock.pass(10_000);
  expect(done(made)).toContain('web1 kill-guest');
});

test('who gives a stop under way another time, more or less, is obeyed', async () => {
  const made = await staged();
  made.machine.onHalt = () => {};
  await stop(made, 50_000, { kill: false, timeoutMs: 60_000 });
  await stop(made, 50_000, { kill: false, timeoutMs: 120_000 });
  expect(done(made)).not.toContain('web1 kill-guest');
  await stop(made, 2000, { kill: false, timeoutMs: 1000 });
  expect(done(made)).toContain('web1 kill-guest');
});

test('a kill that no executor was there for makes nobody wedged', async () => {
  const made = await staged();
  made.machine.refuse = (_, what) =>
    what === 'kill-guest' ? { errno: 'EPIPE', call: 'executor', subject: '' } : undefined;
  await stop(made, 30_000, { kill: true });
  expect(made.agent.control.guest('web1')?.refusals).toEqual([]);
  made.machine.refuse = () => undefined;
  await made.machine.clock.pass(8_500);
  expect(made.agent.control.guest('web1')?.state).toBe('stopped');
});

test('a guest that is not on the host any more ends its stop, which is said', async () => {
  const made = await staged();
  made.machine.onHalt = () => {};
  await stop(made, 1_000);
  made.machine.guests.delete('web1');
  made.machine.folderChanged('web1');
  await made.machine.clock.pass(100);
  expect(told(made).at(-1)).toBe('web1: is not on this host any more, and its stop is given up');
});

test('what a halt waits for is said in the sixth second at the latest, and once', async () => {
  const made = await staged({ ...SETTINGS, timeoutMs: 30_000 });
  made.machine.onHalt = () => {};
  await stop(made, 5_900);
  const waits = 'waits for nfs.service (nfsd, process 7, D in rpc_wait), 1 process';
  expect(told(made).filter((line) => line.includes('waits for'))).toEqual([`web1: ${waits}`]);
  expect(made.agent.control.guest('web1')?.stop).toMatchObject({ waits, leftMs: expect.any(Number) });
});

test('where nothing moves another way is tried early, if that is a command', async () => {
  for (const [init, nags] of [
    ['systemd', 1],
    ['plain', 0],
  ] as const) {
    const made = await staged({ ...SETTINGS, timeoutMs: 300_000 });
    const start = made.machine.guests.get('web1');
    if (start) start.init = LISTENING[init];
    made.machine.onHalt = () => {};
    await stop(made, 150_000);
    expect(done(made).filter((line) => line.includes('run-inside'))).toHaveLength(nags);
    expect(done(made)).not.toContain('web1 halt signal 2');
  }
});

test('a guest that began a moment ago is stopped although nobody has told of it', async () => {
  const made = await staged();
  made.machine.stop('web1');
  await made.machine.clock.pass(100);
  made.machine.start('web1');
  made.machine.line.lose('folder-changed');
  expect(await made.agent.control.stop('web1', { kill: false }, caller)).toMatchObject({ state: 'stopping' });
});
