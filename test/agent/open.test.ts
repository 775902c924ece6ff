import { expect, test } from 'vitest';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const port = rule('port', { match: { subsystem: ['tty'] } });

/** An agent that finds what another one left. */
async function successor(config = configOf(port)) {
  const machine = new Machine();
  const store = memoryStore();
  machine.devices = [serial()];
  machine.start('web1');
  await stage(machine, configOf(port), portsOf(machine, configOf(port), store)).agent.start();
  machine.line.cut();
  machine.clock.silence();
  machine.startExecutor();
  const start = async () => {
    const { agent } = stage(machine, config, portsOf(machine, config, store));
    await agent.start();
    await atRest();
    return agent;
  };
  return { machine, start };
}

test('an agent that starts takes up what the last one made, and does nothing again', async () => {
  const { machine, start } = await successor();
  const actions: unknown[] = [];
  machine.onAction = (_guest, action) => actions.push(action);
  const agent = await start();
  expect(actions).toEqual([]);
  expect(agent.control.guest('web1')?.nodes).toHaveLength(1);
});

test('what the last agent made and no rule wants any more is taken back', async () => {
  const { machine, start } = await successor(configOf());
  await start();
  const world = machine.guests.get('web1')?.world;
  expect([world?.files.has('/dev/ttyUSB0'), world?.grants.has('c:188:0')]).toEqual([false, false]);
});

test('what was written of another start of the guest is not believed', async () => {
  const { machine, start } = await successor();
  machine.guests.delete('web1');
  const guest = machine.start('web1');
  const agent = await start();
  expect(guest.world.files.has('/dev/ttyUSB0')).toBe(true);
  expect(agent.control.guest('web1')).toMatchObject({ converged: true, instance: guest.instance });
});

test('a guest that the executor does not hold open, although it was said to, is opened again', async () => {
  const machine = new Machine();
  machine.start('web1');
  const config = configOf(port);
  const { agent } = stage(machine, config, portsOf(machine, config));
  await agent.start();
  machine.line.opened.delete('web1'); // an answer that was on its way when its executor ended said otherwise
  machine.devices = [serial()];
  machine.uevent('udev', 'add', serial());
  await machine.clock.pass(5_000);
  expect(agent.control.guest('web1')).toMatchObject({ converged: true, nodes: [{ path: '/dev/ttyUSB0' }] });
  expect(machine.line.opened.has('web1')).toBe(true);
});
