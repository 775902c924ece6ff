import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackage } from './debian-package.ts';
import { freePort, type RealServer, startServer } from './real-server.ts';

/** It reads its templates where the package would install them: in a mount namespace of its own they are there. */
const apart = (unpacked: string) => [
  process.getuid?.() === 0 ? '-m' : '-rm',
  'sh',
  '-c',
  'mount --bind "$1" /usr/share && shift && exec "$@"',
  'sh',
  join(unpacked, 'usr/share'),
  join(unpacked, 'usr/bin/prometheus-alertmanager'),
];

/** An Alertmanager that runs. */
export interface RealAlertmanager extends RealServer {
  /** What it holds for going on. */
  active(): Promise<readonly ActiveAlert[]>;
}

export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

export const debianAlertmanager = () => debianPackage('prometheus-alertmanager');

/** One that tells `receiver`, a webhook, at once. */
export async function startAlertmanager(unpacked: string, receiver: string): Promise<RealAlertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, configText(receiver));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const words = [`--config.file=${config}`, `--storage.path=${folder}`, `--web.listen-address=${address}`];
  const all = [...apart(unpacked), ...words, '--cluster.listen-address='];
  const server = await startServer(url, 'unshare', all, () => rmSync(folder, { recursive: true }));
  return {
    ...server,
    async active() {
      const response = await fetch(`${url}/api/v2/alerts`);
      return (await response.json()) as readonly ActiveAlert[];
    },
  };
}

function configText(receiver: string): string {
  return `route: { receiver: test, group_by: ['...'], group_wait: 50ms, group_interval: 200ms, repeat_interval: 1h }
receivers: [{ name: test, webhook_configs: [{ url: "${receiver}", send_resolved: true }] }]
`;
}
