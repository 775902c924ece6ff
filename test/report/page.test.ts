import { expect, test } from 'vitest';
import type { LimitRow } from '../../src/model/limit.ts';
import type { OpenAlertView } from '../../src/ports/alerts-view.ts';
import type { GuestMetrics, MetricsView } from '../../src/ports/metrics-view.ts';
import { statusPage } from '../../src/report/page.ts';
import { everything } from './everything.ts';
import { openAlert } from './open-alert.ts';

const MiB = 2 ** 20;
const EVIL = '<script src="//evil.example/x.js"></script>\'"&\n\u202e';

function guest(name: string, rows: readonly LimitRow[] = [], converged = true): GuestMetrics {
  return { guest: { name, runtime: 'lxc', state: 'running', converged, nodes: [], refusals: [] }, rows };
}

const firing: OpenAlertView = { ...openAlert, hits: 3, level: 0.97 };

function page(guests: readonly GuestMetrics[], open: readonly OpenAlertView[] = []): string {
  const view: MetricsView = { ...everything, guests, alerts: { ...everything.alerts, open } };
  return statusPage(view);
}

/** As a reader sees the cells of each row. */
function cells(text: string): readonly (readonly string[])[] {
  const [, body = ''] = /<tbody>([\s\S]*)<\/tbody>/.exec(text) ?? [];
  return body
    .trim()
    .split('\n')
    .map((row) => row.split(/<\/t[dh]>/).slice(0, -1))
    .map((row) => row.map((cell) => cell.replaceAll('</li><li>', '; ').replaceAll(/<[^>]*>/g, '')));
}

test('the version, the way to the metrics and all guests are told', () => {
  const text = page(everything.guests);
  expect(text).toContain(`<h1>hostler ${everything.status.version}</h1>`);
  expect(text).toContain('<a href="/metrics">');
  expect(cells(text).map(([name]) => name)).toEqual(everything.guests.map(({ guest: { name } }) => name));
});

test('of limits are told those that were hit or are near, of alerts those that are raised', () => {
  const rows: readonly LimitRow[] = [
    { resource: 'rss', unit: 'bytes', held: 500 * MiB, limit: 512 * MiB, hits: 1 },
    { resource: 'as', unit: 'bytes', held: 100 * MiB, limit: 768 * MiB, hits: 0 },
    { resource: 'processes', unit: 'count', held: 40, limit: 50, hits: 0 },
    { resource: 'cpu', unit: 'cpu', held: 7_000_000, limit: 250_000, hits: 37 },
  ];
  const others: readonly OpenAlertView[] = [
    { ...firing, resource: 'cpu', phase: 'pending', told: false },
    { ...firing, resource: 'as', told: false, hits: 1 },
    { ...firing, resource: 'processes', kind: 'flapping', hits: 0 },
    { ...firing, guest: 'web2' },
  ];
  const { level: _, ...unlevelled } = firing;
  const text = page(
    [guest('web1', rows), guest('web3', [], false)],
    [firing, ...others, { ...unlevelled, resource: 'oom' }],
  );
  expect(cells(text)).toEqual([
    [
      'web1',
      'running',
      'rss 500MiB of 512MiB 1 hit; processes 40 of 50; cpu 37 hits',
      [
        'rss firing at 97 %, 3 hits, since 2026-11-21T12:00:00.000Z',
        'as firing, muted at 97 %, 1 hit, since 2026-11-21T12:00:00.000Z',
        'processes flapping at 97 %, since 2026-11-21T12:00:00.000Z',
        'oom firing, 3 hits, since 2026-11-21T12:00:00.000Z',
      ].join('; '),
    ],
    ['web3', 'running, something is to be done', '', ''],
  ]);
});

test('a host without guests says so', () => {
  expect(cells(page([]))).toEqual([['There are none on this host.']]);
});

test('whatever a guest is called, it is text', () => {
  const text = page([guest(EVIL)]);
  expect(text).not.toContain('<script');
  expect(text).not.toContain('\u202e');
  expect(text).toContain(
    '&lt;script src=&quot;//evil.example/x.js&quot;&gt;&lt;/script&gt;&#39;&quot;&amp;\\x0a\\u{202e}',
  );
});

test('nothing of it is fetched from elsewhere, and nothing of it runs', () => {
  const text = page(everything.guests, [firing]);
  const addresses = [...text.matchAll(/(?:href|src|action|url)\s*[=(]\s*"?([^"\s)>]*)/g)].map(([, address]) => address);
  expect(addresses.sort()).toEqual(['/metrics', 'data:,']);
  expect(text).not.toMatch(/<script|<img|<iframe|<form|\son[a-z]+=|javascript:|@import/i);
});
