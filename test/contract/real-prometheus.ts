import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackage } from './debian-package.ts';
import { freePort, type RealServer, startServer } from './real-server.ts';

const RULES = join(import.meta.dirname, '../../monitoring/alerts.yaml');

/** A Prometheus that runs, with the shipped rules. */
export interface RealPrometheus extends RealServer {
  /** What an expression is now: the values by their labels, without those that say where it was read. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Names of the alerts that fire. */
  firing(): Promise<readonly string[]>;
  /** Why it could not read its targets; empty: it could. */
  scrapeErrors(): Promise<readonly string[]>;
  /** Rules that it loaded, and what is wrong with them. */
  rules(): Promise<readonly { readonly name: string; readonly health: string }[]>;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const debianPrometheus = () => debianPackage('prometheus');

/** One that reads `target`, HOST:PORT, twice a second and tells the Alertmanager at `alertmanager`. */
export async function startPrometheus(unpacked: string, target: string, alertmanager: string): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, configText(target, alertmanager));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const words = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`];
  const program = join(unpacked, 'usr/bin/prometheus');
  const server = await startServer(url, program, words, () => rmSync(folder, { recursive: true }));
  return {
    ...server,
    async query(expression) {
      const { result } = await ask(url, `query?query=${encodeURIComponent(expression)}`);
      return result.map(({ metric, value }: Answer) => ({ labels: withoutTarget(metric), value: Number(value[1]) }));
    },
    async firing() {
      const { alerts } = await ask(url, 'alerts');
      const names = alerts.flatMap(({ state, labels }: Firing) => (state === 'firing' ? [labels.alertname] : []));
      return [...new Set<string>(names)].sort();
    },
    async scrapeErrors() {
      const { activeTargets } = await ask(url, 'targets');
      return activeTargets.map(({ lastError }: { lastError: string }) => lastError).filter(Boolean);
    },
    async rules() {
      const { groups } = await ask(url, 'rules');
      return groups.flatMap(({ rules }: { rules: readonly unknown[] }) => rules);
    },
  };
}

interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface Firing {
  readonly state: string;
  readonly labels: { readonly alertname: string };
}

async function ask(url: string, path: string) {
  const response = await fetch(`${url}/api/v1/${path}`);
  const { data, error } = Object(await response.json());
  if (error !== undefined) throw new Error(error);
  return data;
}

function withoutTarget({ __name__, instance, job, ...labels }: Readonly<Record<string, string>>) {
  return labels;
}

function configText(target: string, alertmanager: string): string {
  return `global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
rule_files: [${RULES}]
scrape_configs: [{ job_name: hostler, static_configs: [{ targets: ["${target}"] }] }]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(alertmanager).host}"] }] }] }
`;
}
