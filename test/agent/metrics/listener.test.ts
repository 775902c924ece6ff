import { expect, test } from 'vitest';
import { MetricsListener } from '../../../src/agent/metrics/listener.ts';
import type { Refusal } from '../../../src/model/failure.ts';
import { atRest, handClock } from '../../fakes/clock.ts';
import { fakeMetricsServer } from '../../fakes/metrics-server.ts';

const HERE = { host: '127.0.0.1', port: 9477 };
const ELSEWHERE = { host: '127.0.0.1', port: 9000 };
const TAKEN: Refusal = { code: 'W_METRICS', subject: '127.0.0.1:9477', detail: 'another program listens there' };

function listenerOf() {
  const clock = handClock();
  const metricsServer = fakeMetricsServer();
  const told: Refusal[] = [];
  const listener = new MetricsListener({ clock, metricsServer }, { refusal: (refusal) => told.push(refusal) });
  return { listener, metricsServer, clock, told };
}

test('it listens where the configuration says, and does not move for one that says the same', async () => {
  const { listener, metricsServer } = listenerOf();
  listener.use(HERE);
  listener.use({ ...HERE });
  listener.use(ELSEWHERE);
  listener.use('off');
  await atRest();
  expect(metricsServer.asked).toEqual([HERE, ELSEWHERE, 'off']);
});

test('a port that is taken is told once, tried again, and a warning until it is free', async () => {
  const { listener, metricsServer, clock, told } = listenerOf();
  metricsServer.trouble = TAKEN;
  listener.use(HERE);
  await clock.pass(10_000);
  expect(metricsServer.asked.length).toBeGreaterThan(5);
  expect(told).toEqual([TAKEN]);
  expect(listener.warnings()).toEqual([TAKEN]);
  metricsServer.trouble = undefined;
  await clock.pass(60_000);
  expect(listener.warnings()).toEqual([]);
  const tries = metricsServer.asked.length;
  await clock.pass(600_000);
  expect(metricsServer.asked).toHaveLength(tries);
});

test('a port that nobody wants any more is not tried again, and is no warning', async () => {
  const { listener, metricsServer, clock } = listenerOf();
  metricsServer.trouble = TAKEN;
  listener.use(HERE);
  await atRest();
  metricsServer.trouble = undefined;
  listener.use('off');
  await clock.pass(60_000);
  expect(metricsServer.asked).toEqual([HERE, 'off']);
  expect(listener.warnings()).toEqual([]);
});
