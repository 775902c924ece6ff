import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const MONITORING = join(import.meta.dirname, '../../monitoring');

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

export interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

export function alertRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(join(MONITORING, 'alerts.yaml'), 'utf8'));
  return groups.flatMap(({ rules }: { rules: readonly Rule[] }) => rules);
}

export function dashboard(): Dashboard {
  return JSON.parse(readFileSync(join(MONITORING, 'dashboard.json'), 'utf8'));
}

/** The metrics of hostler that an expression is about, with what Prometheus adds to the names of histograms. */
export function metricsIn(expression: string): readonly string[] {
  return [...expression.matchAll(/hostler_\w+/g)].map(([name]) => name);
}
