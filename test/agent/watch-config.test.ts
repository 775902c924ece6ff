import { expect, test } from 'vitest';
import { rule } from '../devices/make.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';

test('what keeps it from hearing is told once and tried again; what changed meanwhile is read', async () => {
  const machine = new Machine();
  const ports = portsOf(machine, configOf());
  ports.configuration.deaf = 'no room for a watch';
  const { agent } = stage(machine, configOf(), ports);
  await agent.start();
  const told = () => agent.control.events(0).filter(({ says }) => says.startsWith('E_WATCH')).length;
  await machine.clock.pass(20_000);
  expect([agent.control.status().watching, told()]).toEqual([false, 1]);
  expect(agent.control.status().warnings).toMatchObject([{ code: 'E_WATCH', detail: 'no room for a watch' }]);
  ports.configuration.write({ ok: true, config: configOf(rule('new')), warnings: [] });
  ports.configuration.deaf = undefined;
  await machine.clock.pass(30_000);
  expect(agent.control.status()).toMatchObject({ watching: true, rules: 1, warnings: [] });
  expect(machine.clock.next()).toBeUndefined();
});
