import { expect, test } from 'vitest';
import type { AgentControl } from '../../../src/ports/agent.ts';
import { configOf, SETTINGS } from '../../fakes/configuration.ts';
import { startedStage } from '../../fakes/stage.ts';

const ROOT = { uid: 0, pid: 1 };
const withMail = (address: string) => ({
  ...configOf(),
  settings: { ...SETTINGS, alerts: { sinks: [{ kind: 'mail', address } as const], cooldownMs: 60_000 } },
});

function sinks(control: AgentControl): readonly string[] {
  return control.alerts().sinks.map(({ sink }) => sink);
}

test('an agent has the sinks of its configuration, and of the next one when that is in force', async () => {
  const { agent, configuration } = await startedStage(withMail('root'));
  expect(sinks(agent.control)).toEqual(['mail']);
  configuration.write({ ok: true, config: configOf(), warnings: [] });
  await agent.control.reload(ROOT);
  expect(sinks(agent.control)).toEqual([]);
});

test('who asked for a test alert is written down', async () => {
  const { agent, log } = await startedStage(withMail('root'));
  expect(await agent.control.testAlerts(undefined, ROOT)).toEqual([{ sink: 'mail', ok: true, tookMs: 0 }]);
  expect(await agent.control.testAlerts('webhook', ROOT)).toEqual([]);
  expect(log.filter(({ message }) => message === 'alerts test asked by uid 0 (process 1)')).toHaveLength(2);
});
