import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { debianPackage, runTool } from '../contract/debian-package.ts';
import { alertRules, MONITORING, metricsIn } from './expressions.ts';
import { knownSeries, TARGET_LABELS } from './known-series.ts';

const { unpacked, lack } = debianPackage('prometheus');
const rules = alertRules();
const known = knownSeries();

test('every alert is about metrics that there are', () => {
  const names = rules.flatMap(({ expr }) => metricsIn(expr));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});

test('every alert says what it is about in labels that its metrics have', () => {
  for (const { alert, expr, annotations } of rules) {
    const labels = new Set([...TARGET_LABELS, ...metricsIn(expr).flatMap((name) => [...(known.get(name) ?? [])])]);
    const shown = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(shown, alert).toContain('instance');
    expect(
      shown.filter((label) => !labels.has(label)),
      alert,
    ).toEqual([]);
  }
});

test('every alert is tried, and fires in a test', () => {
  const { tests } = parse(readFileSync(join(MONITORING, 'alerts.test.yaml'), 'utf8'));
  const fired = tests.flatMap(({ alert_rule_test }: { alert_rule_test: readonly Tried[] }) =>
    alert_rule_test.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname),
  );
  expect(new Set(fired)).toEqual(new Set(rules.map(({ alert }) => alert)));
});

interface Tried {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

test('promtool takes the rules, and they do in its tests what they say', ({ skip }) => {
  skip(lack !== undefined, lack);
  const promtool = (...words: readonly string[]) => runTool(unpacked, 'usr/bin/promtool', words);
  expect(promtool('check', 'rules', join(MONITORING, 'alerts.yaml')).said).toContain(`SUCCESS: ${rules.length} rules`);
  const tested = promtool('test', 'rules', join(MONITORING, 'alerts.test.yaml'));
  expect(tested, tested.said).toMatchObject({ status: 0 });
});
