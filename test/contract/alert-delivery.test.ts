import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlertDesk } from '../../src/agent/alerts/desk.ts';
import { createCounters } from '../../src/agent/counters.ts';
import { createReporter } from '../../src/agent/reporter.ts';
import { systemClock } from '../../src/linux/clock.ts';
import { openSinks } from '../../src/linux/sinks/open.ts';
import { fileStore } from '../../src/linux/store.ts';
import type { SinkSettings } from '../../src/model/alert.ts';
import { createHistory } from '../../src/report/history.ts';
import { type AlertServer, alertServer } from './alert-server.ts';

let folder: string;
let hanging: AlertServer;
let good: AlertServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-delivery-'));
  hanging = await alertServer();
  hanging.manners = 'hangs';
  good = await alertServer();
});
afterEach(async () => {
  await hanging.close();
  await good.close();
  rmSync(folder, { recursive: true });
});

function deskOf(...sinks: readonly SinkSettings[]): AlertDesk {
  const report = createReporter(createHistory(10), systemClock, () => {});
  const store = fileStore(folder, folder);
  const counters = createCounters();
  const desk = new AlertDesk({ store, clock: systemClock, openSinks, report, counters, instance: 'host1' });
  desk.use({ sinks, cooldownMs: 300_000 });
  return desk;
}

const hits = { levels: {}, hits: { 'oom-kill': 1 }, guest: 'running' } as const;

test('a server and a program that hang delay nobody: the others have an alert of every guest at once', async () => {
  const arrived = join(folder, 'arrived');
  const desk = deskOf(
    { kind: 'webhook', url: hanging.url },
    { kind: 'command', command: ['/bin/sleep', '15'] },
    { kind: 'webhook', url: good.url },
    { kind: 'command', command: ['/bin/sh', '-c', 'echo "$HOSTLER_GUEST" >> "$1"', 'sh', arrived] },
  );
  const begin = performance.now();
  const guests = Array.from({ length: 10 }, (_, at) => `web${at}`);
  for (const guest of guests) desk.take(guest, hits);
  await expect.poll(() => good.requests.map(({ body }) => JSON.parse(body).commonLabels.guest)).toEqual(guests);
  await expect.poll(() => existsSync(arrived) && readFileSync(arrived, 'utf8').trim().split('\n')).toEqual(guests);
  expect(performance.now() - begin).toBeLessThan(9000); // sooner than what hangs is given up
  expect(desk.view().sinks.map(({ waiting }) => waiting)).toEqual([10, 10, 0, 0]);
  desk.use({ sinks: [], cooldownMs: 300_000 });
});

test('what a server refuses is on the disk, with the reason', async () => {
  good.manners = 'forbids';
  const desk = deskOf({ kind: 'webhook', url: good.url });
  desk.take('web1', hits);
  const path = join(folder, 'undelivered-alerts.jsonl');
  await expect.poll(() => existsSync(path)).toBe(true);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    sink: `webhook ${good.url}`,
    reason: 'answered 400: bad alert',
    message: { status: 'firing', labels: { guest: 'web1', resource: 'oom-kill', severity: 'critical' } },
  });
  expect(desk.view().sinks).toMatchObject([{ waiting: 0, undelivered: 1 }]);
});
