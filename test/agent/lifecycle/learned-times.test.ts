import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import { NO_HISTORY } from '../../../src/model/guest-history.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { OURS } from './going-down.ts';

const HOUR_MS = 3_600_000;
const caller = { uid: 0, pid: 1 };
const config: Config = {
  ...configOf(),
  guests: [
    { guest: 'web', start: { ...USUAL_START, after: ['db'] }, stop: { timeoutMs: 600_000, before: [] } },
    { guest: 'db', start: USUAL_START, stop: { timeoutMs: 60_000, before: [] } },
  ],
};

/** A host that waits for 150 s, with a guest that needs 100 s of them before one that needed 5 s each time. */
function host() {
  const [machine, store] = [new Machine(), memoryStore()];
  machine.shutdownLimits = [{ ...OURS, ms: 150_000 }];
  const usual = { at: 0, tookMs: 5000, killed: false };
  store.saveHistory('db', { ...NO_HISTORY, stops: Array.from({ length: 10 }, () => usual) });
  for (const guest of ['db', 'web']) machine.start(guest);
  machine.onHalt = () => {};
  const agent = async () => {
    const made = stage(machine, config, portsOf(machine, config, store));
    await made.agent.start();
    await machine.clock.pass(500);
    return made;
  };
  return { machine, agent };
}

async function goesDown({ machine, agent }: Stage): Promise<void> {
  machine.onHalt = (guest) => {
    const start = machine.guests.get(guest);
    machine.clock.wake(machine.clock.now() + (guest === 'web' ? 100_000 : 5000), () => {
      if (machine.guests.get(guest) === start) machine.stop(guest);
    });
  };
  machine.asked.length = 0;
  agent.handle({ kind: 'shutdown', state: 'begins' });
  await machine.clock.pass(140_000);
  expect(machine.asked.filter((line) => /kill-guest/.test(line))).toEqual([]);
  expect([...machine.guests.values()]).toEqual([undefined, undefined]);
}

test('a guest that could not be killed for hours takes no time from the others when the host goes down', async () => {
  const { machine, agent } = host();
  const made = await agent();
  const db = machine.guests.get('db');
  if (db) db.isUnkillable = true;
  await made.agent.control.stop('db', { kill: false }, caller);
  await machine.clock.pass(2 * HOUR_MS);
  if (db) db.isUnkillable = false;
  machine.stop('db');
  await machine.clock.pass(60_000);
  machine.start('db');
  await machine.clock.pass(60_000);
  await goesDown(made);
});

test('nor does one that halted while no agent ran, which was found an hour later', async () => {
  const { machine, agent } = host();
  await (await agent()).agent.control.stop('db', { kill: false }, caller);
  await machine.clock.pass(1000);
  machine.clock.silence();
  machine.line.cut();
  machine.guests.set('db', undefined);
  await machine.clock.pass(HOUR_MS);
  machine.startExecutor();
  const made = await agent();
  await machine.clock.pass(15_000);
  machine.start('db');
  await machine.clock.pass(60_000);
  await goesDown(made);
});
