import { expect, test } from 'vitest';
import type { Refusal } from '../../src/model/failure.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';

test('a folder of guests that is not there is told once, looked for again, and forgotten when it is there', async () => {
  const machine = new Machine();
  const ports = portsOf(machine, configOf());
  let unread: readonly Refusal[] = [{ code: 'W_FOLDER', subject: '/srv/lxc', detail: 'there is no such folder' }];
  const find = async () => {
    const found = await ports.guests.find();
    return found.ok ? { ...found, value: { ...found.value, unheard: unread } } : found;
  };
  const { agent } = stage(machine, configOf(), { ...ports, guests: { ...ports.guests, find } });
  await agent.start();
  await machine.clock.pass(60_000);
  expect(agent.control.events(0).filter(({ says }) => says.startsWith('W_FOLDER /srv/lxc'))).toHaveLength(1);
  expect(agent.control.status().warnings).toEqual(unread);
  unread = [];
  machine.start('web1');
  await machine.clock.pass(30_000);
  expect(agent.control.status()).toMatchObject({ warnings: [], guests: { running: 1 } });
});
