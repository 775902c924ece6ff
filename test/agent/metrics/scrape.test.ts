import { expect, test } from 'vitest';
import { rule, serial } from '../../devices/make.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const SMALL = policy({ name: 'small', guests: ['web*'], memory: { limit: 512 * MiB } });

async function host() {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1').counters = { rss: 37 };
  machine.guests.set('web2', undefined);
  const config = { ...configOf(rule('port', { match: { subsystem: ['tty'] } })), policies: [SMALL] };
  return startedStage(config, machine);
}

function numberAt(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test('a scrape tells what the agent has done and what guests have', async () => {
  const { agent } = await host();
  const text = await agent.control.metrics();
  const value = (series: string) => numberAt(text, series);
  expect(value('hostler_ready')).toBe(1);
  expect(value('hostler_converged')).toBe(1);
  expect(value('hostler_guests{phase="running"}')).toBe(1);
  expect(value('hostler_guests{phase="stopped"}')).toBe(1);
  expect(value('hostler_guest_nodes{guest="web1"}')).toBe(1);
  expect(value('hostler_guest_limit_bytes{guest="web1",resource="rss"}')).toBe(512 * MiB);
  expect(value('hostler_guest_limit_hits_total{guest="web1",resource="rss"}')).toBe(37);
  expect(value('hostler_actions_total{result="done"}')).toBe(agent.control.status().counters.actions_total);
  expect(value('hostler_pass_duration_seconds_count{action="devices"}')).toBeGreaterThan(0);
  expect(value('hostler_pass_duration_seconds_count{action="limits"}')).toBeGreaterThan(0);
});

test('what has changed since the last pass is read, and told with its time', async () => {
  const { agent, machine } = await host();
  const start = machine.guests.get('web1');
  if (start) start.counters = { rss: 40 };
  const hits = async () =>
    numberAt(await agent.control.metrics(), 'hostler_guest_limit_hits_total{guest="web1",resource="rss"}');
  const readAt = async () =>
    numberAt(await agent.control.metrics(), 'hostler_guest_limits_read_timestamp_seconds{guest="web1"}');
  expect(await hits()).toBe(37); // a moment ago is new enough
  const before = await readAt();
  await machine.clock.pass(6_000);
  expect(await hits()).toBe(40);
  expect(await readAt()).toBeCloseTo((before ?? 0) + 6);
});

test('the page tells of guests what they hold now, and what of it was hit', async () => {
  const { agent, machine } = await host();
  const start = machine.guests.get('web1');
  const before = await agent.control.page();
  expect(before).toContain('<th scope="row">web1</th><td>running</td>');
  expect(before).toContain('<th scope="row">web2</th><td>stopped</td>');
  expect(before).toContain('37 hits');
  if (start) start.counters = { rss: 40 };
  await machine.clock.pass(6_000);
  expect(await agent.control.page()).toContain('40 hits');
});

test('hits go on over a start of the guest, and are there while it is stopped', async () => {
  const { agent, machine } = await host();
  const hits = async () =>
    numberAt(await agent.control.metrics(), 'hostler_guest_limit_hits_total{guest="web1",resource="rss"}');
  machine.stop('web1');
  await machine.clock.pass(10_000);
  expect(await hits()).toBe(37);
  machine.start('web1').counters = { rss: 1 };
  await machine.clock.pass(10_000);
  expect(await hits()).toBe(38);
});

test('a guest that is not on this host any more has no series', async () => {
  const { agent, machine } = await host();
  machine.guests.delete('web2');
  machine.folderChanged('web2');
  await atRest();
  expect(await agent.control.metrics()).not.toContain('web2');
});

test('steps that fail are counted', async () => {
  const { agent, machine } = await host();
  machine.refuse = (_guest, what) =>
    what.startsWith('make-node') ? { errno: 'ENOSPC', call: 'mknodat', subject: '' } : undefined;
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  await atRest();
  const text = await agent.control.metrics();
  expect(numberAt(text, 'hostler_actions_total{result="failed"}')).toBe(1);
  expect(numberAt(text, 'hostler_guest_refusals{guest="web1",result="E_ACTION"}')).toBe(1);
  expect(numberAt(text, 'hostler_converged')).toBe(0);
});

test('who asks at the same time gets the same answer', async () => {
  const { agent } = await host();
  const [one, other] = [agent.control.metrics(), agent.control.metrics()];
  expect(one).toBe(other);
  expect(await one).not.toBe(agent.control.metrics());
});

test('a port that is taken is a warning, and the agent goes on', async () => {
  const machine = new Machine();
  machine.start('web1');
  const made = await startedStage(configOf(), machine);
  const at = { host: '127.0.0.1', port: 9477 };
  made.metricsServer.trouble = {
    code: 'W_METRICS',
    subject: '127.0.0.1:9477',
    detail: 'another program listens there',
  };
  const settings = { ...configOf().settings, metrics: at };
  made.configuration.write({ ok: true, config: { ...configOf(), settings }, warnings: [] });
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
  expect(made.agent.control.status()).toMatchObject({ converged: true, warnings: [{ code: 'W_METRICS' }] });
  expect(made.log.filter(({ message }) => message.startsWith('W_METRICS 127.0.0.1:9477: '))).toHaveLength(1);
});
