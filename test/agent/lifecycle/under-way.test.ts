import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import { NO_HISTORY } from '../../../src/model/guest-history.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };
const gracefully = { kill: false };
const TCP = { kind: 'tcp', port: 5432 } as const;
const GUESTS = ['web', 'slow'];

const config: Config = {
  ...configOf(),
  guests: [
    { guest: 'web', start: { ...USUAL_START, auto: true } },
    { guest: 'slow', start: { ...USUAL_START, auto: true, ready: TCP, timeoutMs: 600_000 } },
  ],
};

interface Made extends Stage {
  /** Another agent on the same machine, after this one was killed. */
  next(): Promise<Made>;
}

/** On a host that has started its guests already, or they have been stopped since. */
async function staged({ running = [] as readonly string[], quarantined = [] as readonly string[] } = {}) {
  const [machine, store] = [new Machine(), memoryStore()];
  for (const name of GUESTS) machine.guests.set(name, undefined);
  for (const name of running) machine.start(name);
  store.saveStarts({ bootId: machine.clock.bootId, hasBooted: true, starts: [] });
  for (const name of quarantined) store.saveHistory(name, { ...NO_HISTORY, isQuarantined: true });
  machine.isReached = () => false;
  machine.onHalt = () => {};
  const agent = async (): Promise<Made> => {
    const made = stage(machine, config, portsOf(machine, config, store));
    await made.agent.start();
    await atRest();
    return { ...made, next: killed };
  };
  const killed = () => {
    machine.clock.silence();
    machine.line.cut();
    machine.startExecutor();
    return agent();
  };
  return agent();
}

/** What whoever waits is told of each: its start and its stop. */
function told({ agent }: Stage): Readonly<Record<string, string>> {
  return Object.fromEntries(agent.control.underWay().map(({ guest, start, stop }) => [guest, `${start} ${stop}`]));
}

test('who waits for starts learns from the next agent how far they are', async () => {
  const made = await staged({ running: ['web'] });
  made.agent.control.start({ mark: undefined }, {}, caller);
  await made.machine.clock.pass(5000);
  expect(told(await made.next())).toEqual({ web: 'ready withdrawn', slow: 'starting stopped' });
});

test('one in quarantine stays there for whoever waits, and for others that start meanwhile', async () => {
  const made = await staged({ quarantined: ['web'] });
  made.agent.control.start({ mark: undefined }, {}, caller);
  await made.machine.clock.pass(5000);
  const next = await made.next();
  expect(told(next).slow).toBe('starting stopped');
  await next.machine.clock.pass(5000);
  expect(next.agent.control.guest('web')).toMatchObject({ state: 'stopped', life: { doing: 'quarantined' } });
});

test('one that somebody has stopped when it was ready stays stopped', async () => {
  const made = await staged();
  made.agent.control.start({ mark: undefined }, {}, caller);
  await made.machine.clock.pass(5000);
  await made.agent.control.stop('web', { kill: true }, caller);
  await made.machine.clock.pass(5000);
  const next = await made.next();
  expect(told(next)).toEqual({ web: 'withdrawn stopped', slow: 'starting stopped' });
  await next.machine.clock.pass(5000);
  expect(next.agent.control.guest('web')?.state).toBe('stopped');
});

test('one that is wanted again while it halts is so for whoever waits for its stop, and comes', async () => {
  const made = await staged({ running: ['web'] });
  await made.agent.control.stop('web', gracefully, caller);
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(1000);
  const next = await made.next();
  expect(told(next).web).toBe('waiting stopping');
  next.machine.stop('web');
  await next.machine.clock.pass(5000);
  expect([told(next).web, next.agent.control.guest('web')?.state]).toEqual(['ready withdrawn', 'running']);
});

test('one that is stopped while its runtime is at work on it is being stopped, also when the next agent comes', async () => {
  const made = await staged();
  made.machine.onStart = () => {};
  made.agent.control.start({ guests: ['web'] }, {}, caller);
  await made.machine.clock.pass(1000);
  await made.agent.control.stop('web', gracefully, caller);
  const next = await made.next();
  expect(told(next).web).toBe('withdrawn stopping');
  next.machine.start('web');
  await next.machine.clock.pass(100);
  expect(told(next).web).toBe('withdrawn stopping');
  next.machine.stop('web');
  await next.machine.clock.pass(5000);
  expect(told(next).web).toBe('withdrawn stopped');
});

test('one that is stopped a moment after it ended by itself is being stopped until it cannot come again', async () => {
  const made = await staged({ running: ['web'] });
  made.machine.monitors.add('web');
  made.machine.stop('web');
  await made.machine.clock.pass(100);
  await made.agent.control.stop('web', gracefully, caller);
  const next = await made.next();
  expect(told(next).web).toBe('withdrawn stopping');
  made.machine.monitors.clear();
  await next.machine.clock.pass(10_000);
  expect(told(next).web).toBe('withdrawn stopped');
});

test('one that was killed and does not end is told as wedged', async () => {
  const made = await staged({ running: ['web'] });
  const web = made.machine.guests.get('web');
  if (web) web.isUnkillable = true;
  await made.agent.control.stop('web', { kill: true }, caller);
  await made.machine.clock.pass(20_000);
  expect(told(await made.next()).web).toBe('withdrawn wedged');
});
