import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { debianPackage, runTool } from '../contract/debian-package.ts';
import { dashboard, metricsIn, type Panel } from './expressions.ts';
import { knownSeries, TARGET_LABELS } from './known-series.ts';

const { unpacked, lack } = debianPackage('prometheus');
const { panels, templating, ...head } = dashboard();
const known = knownSeries();
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const definitions = templating.list.flatMap(({ definition }) => definition ?? []);

test('it has what Grafana asks of a dashboard', () => {
  expect(head).toMatchObject({ title: 'hostler', uid: 'hostler', schemaVersion: expect.any(Number) });
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const empty = panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0);
  expect(empty.map(({ title }) => title)).toEqual([]);
  for (const { targets = [] } of panels) expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
});

test('no panel covers another, and none is wider than the page', () => {
  const pairs = panels.flatMap((one, at) => panels.slice(at + 1).map((other) => [one, other] as const));
  expect(pairs.filter(([one, other]) => overlap(one, other)).map(([one, other]) => [one.title, other.title])).toEqual(
    [],
  );
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24).map(({ title }) => title)).toEqual([]);
});

test('it shows metrics that there are, by labels that they have', () => {
  const all = [...expressions, ...definitions];
  expect(all.length).toBeGreaterThan(20);
  expect(all.flatMap(metricsIn).filter((name) => !known.has(name))).toEqual([]);
  for (const expression of all) {
    const labels = new Set([
      ...TARGET_LABELS,
      ...metricsIn(expression).flatMap((name) => [...(known.get(name) ?? [])]),
    ]);
    expect(
      labelsIn(expression).filter((label) => !labels.has(label)),
      expression,
    ).toEqual([]);
  }
});

test('every variable that it uses is one of its own, or of Grafana', () => {
  const own = new Set(templating.list.map(({ name }) => name));
  const used = [...JSON.stringify([panels, definitions]).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
  expect([...new Set(used)].filter((name) => !own.has(name) && !name.startsWith('__'))).toEqual([]);
});

test('Prometheus understands every expression', ({ skip }) => {
  skip(lack !== undefined, lack);
  const rules = expressions.map((expr, at) => ({
    record: `panel:${at}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'hostler-dashboard-'));
  writeFileSync(join(folder, 'panels.yaml'), stringify({ groups: [{ name: 'panels', rules }] }));
  const checked = runTool(unpacked, 'usr/bin/promtool', ['check', 'rules', join(folder, 'panels.yaml')]);
  rmSync(folder, { recursive: true });
  expect(checked, checked.said).toMatchObject({ status: 0 });
  expect(checked.said).toContain(`${rules.length} rules found`);
});

function overlap({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean {
  const apart = one.x + one.w <= other.x || other.x + other.w <= one.x;
  return !apart && one.y < other.y + other.h && other.y < one.y + one.h;
}

/** Those that it selects, groups or names series by. */
function labelsIn(expression: string): readonly string[] {
  const selected = [...expression.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label);
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const listed = [...expression.matchAll(/label_values\(.*,\s*(\w+)\)$/g)].map(([, label = '']) => label);
  return [...selected, ...grouped, ...listed];
}
