import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
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
export interface RealAlertmanager {
  readonly url: string;
  /** What it holds for going on. */
  active(): Promise<readonly ActiveAlert[]>;
  stop(): Promise<void>;
}

export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

/** Where Debian's package is unpacked, outside the checkout, or why it cannot be had. Setting the tests up brings it. */
export function debianAlertmanager(): { readonly unpacked: string; readonly lack?: string } {
  const words = [join(ROOT, 'scripts/debian-package.sh'), 'prometheus-alertmanager'];
  const { status, stdout, stderr, error } = spawnSync('sh', words, { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return { unpacked: stdout.trim() };
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  return { unpacked: '', lack: `Debian's package prometheus-alertmanager cannot be had: ${why}` };
}

/** One that tells `receiver`, a webhook, at once. */
export async function startAlertmanager(unpacked: string, receiver: string): Promise<RealAlertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, configText(receiver));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const words = [`--config.file=${config}`, `--storage.path=${folder}`, `--web.listen-address=${address}`];
  const running = spawn('unshare', [...apart(unpacked), ...words, '--cluster.listen-address='], { stdio: 'ignore' });
  await untilReady(url, running);
  return {
    url,
    async active() {
      const response = await fetch(`${url}/api/v2/alerts`);
      return (await response.json()) as readonly ActiveAlert[];
    },
    async stop() {
      await ended(running);
      rmSync(folder, { recursive: true });
    },
  };
}

function configText(receiver: string): string {
  return `route: { receiver: test, group_by: ['...'], group_wait: 50ms, group_interval: 200ms, repeat_interval: 1h }
receivers: [{ name: test, webhook_configs: [{ url: "${receiver}", send_resolved: true }] }]
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function untilReady(url: string, running: ChildProcess): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await pause(50)) {
    if (running.exitCode !== null) throw new Error(`Alertmanager ended with ${running.exitCode}`);
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
  }
  throw new Error('Alertmanager is not ready after 30 s');
}

function ended(running: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    running.once('exit', () => resolve());
    running.kill();
  });
}
