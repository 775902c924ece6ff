import { expect, test } from 'vitest';
import type { Rule } from '../../src/model/rule.ts';
import type { Loaded } from '../../src/ports/configuration.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const port = rule('port', { match: { subsystem: ['tty'] } });
const caller = { uid: 0, pid: 7 };
const place = { file: '/etc/hostler/rules/a.yaml', line: 3, column: 5 };

async function hostWith(...rules: readonly Rule[]) {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const stage = await startedStage(configOf(...rules), machine);
  const said = (...now: readonly Rule[]): Loaded => ({ ok: true, config: configOf(...now), warnings: [] });
  const nodes = () => stage.agent.control.guest('web1')?.nodes.map(({ path }) => path);
  const events = (kind: string) => stage.agent.control.events(0).filter((event) => event.kind === kind);
  return { ...stage, said, nodes, events };
}

test('a rule that is added, changed and removed is in force at once, and what it made follows', async () => {
  const { agent, configuration, said, nodes } = await hostWith();
  expect(nodes()).toEqual([]);
  configuration.write(said(port));
  expect(await agent.control.reload(caller)).toEqual({ problems: [], rules: { added: 1, changed: 0, removed: 0 } });
  await atRest();
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
  configuration.write(said({ ...port, node: { path: '/dev/port' } }));
  expect(await agent.control.reload(caller)).toMatchObject({ rules: { added: 0, changed: 1, removed: 0 } });
  await atRest();
  expect(nodes()).toEqual(['/dev/port']);
  configuration.write(said());
  expect(await agent.control.reload(caller)).toMatchObject({ rules: { added: 0, changed: 0, removed: 1 } });
  await atRest();
  expect(nodes()).toEqual([]);
});

test('a configuration with problems changes nothing, is told with its place, and status shows all of it', async () => {
  const { agent, configuration, nodes, events } = await hostWith(port);
  const problems = [
    { place, code: 'E_CONFIG_KEY', says: 'unknown key' },
    { place, code: 'E_CONFIG_TYPE', says: 'and more' },
  ] as const;
  configuration.write({ ok: false, problems, warnings: [] });
  expect(await agent.control.reload(caller)).toEqual({ problems, rules: { added: 0, changed: 0, removed: 0 } });
  await atRest();
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
  const { config, counters } = agent.control.status();
  expect(config.problems).toEqual(problems);
  expect(counters.config_reload_failures_total).toBe(1);
  expect(events('refusal').at(-1)?.says).toMatch(
    /^E_CONFIG \/etc\/hostler: \/etc\/hostler\/rules\/a\.yaml:3:5: unknown key \[E_CONFIG_KEY\] \(and 1 more\); /,
  );
});

test('a configuration that is mended is in force, although nothing in it changed', async () => {
  const { agent, configuration, said } = await hostWith(port);
  configuration.write({ ok: false, problems: [{ place, code: 'E_CONFIG_KEY', says: 'unknown key' }], warnings: [] });
  await agent.control.reload(caller);
  configuration.write(said(port));
  await agent.control.reload(caller);
  expect(agent.control.status().config.problems).toEqual([]);
});

test('what did not change is not put in force again', async () => {
  const { agent, machine, events } = await hostWith(port);
  const [asked, told] = [machine.asked.length, events('config').length];
  await agent.control.reload(caller);
  await atRest();
  expect(machine.asked).toHaveLength(asked);
  expect(events('config')).toHaveLength(told);
});

test('what was read last is in force last, however many reloads are asked for at once', async () => {
  const { agent, configuration, said, nodes } = await hostWith(port);
  const reloads = [said(), said(port), said({ ...port, node: { path: '/dev/last' } })].map((loaded) => {
    const reloaded = agent.control.reload(caller);
    configuration.write(loaded);
    return reloaded;
  });
  await Promise.all(reloads);
  await atRest();
  expect(nodes()).toEqual(['/dev/last']);
});

test('a change of the folder is heard, and one from before anybody listened is found', async () => {
  const { configuration, said, nodes } = await hostWith();
  configuration.write(said(port));
  configuration.changes();
  await atRest();
  expect(nodes()).toEqual(['/dev/ttyUSB0']);
});

test('the configuration is read with the names of the guests, for rules that name nobody', async () => {
  const { configuration } = await hostWith();
  expect(configuration.loads.at(-1)).toEqual(['web1']);
});

test('who asked for a reload is told', async () => {
  const { agent, events } = await hostWith();
  await agent.control.reload({ uid: 1000, pid: 4711 });
  expect(events('command')).toMatchObject([{ action: 'reload', says: 'reload asked by uid 1000 (process 4711)' }]);
});
