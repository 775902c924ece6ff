import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMetricsServer } from '../../src/control/metrics-server.ts';
import { systemClock } from '../../src/linux/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';
import { policy } from '../limits/policy.ts';
import { alertRules } from '../monitoring/expressions.ts';
import { eventually } from '../scenarios/eventually.ts';
import { type AlertServer, alertServer } from './alert-server.ts';
import { debianAlertmanager, type RealAlertmanager, startAlertmanager } from './real-alertmanager.ts';
import { debianPrometheus, type RealPrometheus, startPrometheus } from './real-prometheus.ts';
import { freePort } from './real-server.ts';

const ALIEN = 'web"2\\';
const packages = { prometheus: debianPrometheus(), alertmanager: debianAlertmanager() };
const lack = packages.prometheus.lack ?? packages.alertmanager.lack;
const machine = new Machine();

let prometheus: RealPrometheus;
let alertmanager: RealAlertmanager;
let receiver: AlertServer;
let server: ReturnType<typeof createMetricsServer>;
beforeAll(async () => {
  if (lack !== undefined) return;
  machine.start('web1').counters = { rss: 37, processes: 5 };
  machine.guests.set(ALIEN, undefined);
  const config = { ...configOf(), policies: [policy({ name: 'small', guests: ['web*'], memory: { limit: 2 ** 29 } })] };
  const { agent } = stage(machine, config, { ...portsOf(machine, config), clock: systemClock });
  await agent.start();
  server = createMetricsServer(agent.control);
  const at = { host: '127.0.0.1', port: await freePort() };
  await server.listen(at);
  receiver = await alertServer();
  alertmanager = await startAlertmanager(packages.alertmanager.unpacked, receiver.url);
  prometheus = await startPrometheus(packages.prometheus.unpacked, `${at.host}:${at.port}`, alertmanager.url);
});
afterAll(async () => {
  if (lack !== undefined) return;
  for (const one of [prometheus, alertmanager]) await one.stop();
  for (const one of [receiver, server]) await one.close();
});
beforeEach(({ skip }) => skip(lack !== undefined, lack));

test('a real Prometheus reads the agent, with every guest by its name', async () => {
  // Each time anew: on a busy machine one reading or another does not come to its end in the half second that it has.
  await eventually(async () => {
    expect(await prometheus.query('up')).toEqual([{ labels: {}, value: 1 }]);
    expect(await prometheus.scrapeErrors()).toEqual([]);
    const up = await prometheus.query('hostler_guest_up');
    expect(up.toSorted((one, other) => other.value - one.value)).toEqual([
      { labels: { guest: 'web1' }, value: 1 },
      { labels: { guest: ALIEN }, value: 0 },
    ]);
    const hits = await prometheus.query('hostler_guest_limit_hits_total{resource="rss", guest="web1"}');
    expect(hits).toEqual([{ labels: { guest: 'web1', resource: 'rss' }, value: 37 }]);
    const passes = await prometheus.query(
      'histogram_quantile(0.5, sum by (le) (hostler_pass_duration_seconds_bucket))',
    );
    expect(passes[0]?.value).toBeGreaterThan(0);
  });
});

test('it takes the shipped rules, and none fires where all is well', async () => {
  await expect.poll(async () => (await prometheus.rules()).map(({ health }) => health)).not.toContain('unknown');
  const rules = await prometheus.rules();
  expect(rules.map(({ name }) => name)).toEqual(alertRules().map(({ alert }) => alert));
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(await prometheus.firing()).toEqual([]);
});

test('a limit that is hit reaches who is told by a real Alertmanager', async () => {
  const start = machine.guests.get('web1');
  if (start) start.counters = { rss: 38, processes: 6 }; // what is taken back from caches is no alarm
  await expect.poll(() => prometheus.firing()).toEqual(['HostlerLimitHit']);
  const told = () => receiver.requests.map(({ body }) => JSON.parse(body).alerts[0]);
  await expect
    .poll(() => told()[0])
    .toMatchObject({
      status: 'firing',
      labels: { alertname: 'HostlerLimitHit', guest: 'web1', resource: 'processes', severity: 'warning' },
    });
  expect(told()[0].annotations.summary).toMatch(/^web1 on 127\.0\.0\.1:\d+ hit its limit of processes$/);
});

test('an agent that is gone is down', async () => {
  await server.close();
  await expect.poll(() => prometheus.query('up')).toEqual([{ labels: {}, value: 0 }]);
  expect(await prometheus.query('hostler_guest_up')).toEqual([]); // what is not told any more is nobody's value
});
