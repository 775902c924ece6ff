import { expect, test } from 'vitest';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, type Stage, stage, startedStage } from '../fakes/stage.ts';

async function twoGuests(): Promise<Stage> {
  const machine = new Machine();
  machine.start('web1');
  machine.start('web2');
  const made = await startedStage(configOf(), machine);
  machine.stop('web2');
  await machine.clock.pass(0);
  return made;
}

const looks = ({ machine }: Stage) => machine.asked.filter((line) => line.startsWith('host usage '));

test('the host comes first, and a guest that is stopped uses nothing', async () => {
  const { agent } = await twoGuests();
  expect(await agent.control.list()).toMatchObject([
    { name: 'host', runtime: 'host', usage: { processes: 3 } },
    { name: 'web1', runtime: 'lxc', state: 'running', usage: { processes: 1 } },
    { name: 'web2', state: 'stopped' },
  ]);
  expect((await agent.control.list())[2]).not.toHaveProperty('usage');
});

test('whoever asks while somebody is answered gets the same answer', async () => {
  const made = await twoGuests();
  const [one, other] = await Promise.all([made.agent.control.list(), made.agent.control.list()]);
  expect(other).toBe(one);
  expect(looks(made)).toHaveLength(2);
  await made.agent.control.list();
  expect(looks(made)).toHaveLength(4);
});

test('guests for which there was no time are listed all the same', async () => {
  const machine = new Machine();
  machine.start('web1');
  const config = configOf();
  const ports = portsOf(machine, config);
  const { host } = ports.usage;
  const slow = { ...ports.usage, host: async () => machine.clock.pass(2000).then(host) };
  const { agent } = stage(machine, config, { ...ports, usage: slow });
  await agent.start();
  const [, web1] = await agent.control.list();
  expect(web1).toMatchObject({ name: 'web1', state: 'running' });
  expect(web1).not.toHaveProperty('usage');
});
