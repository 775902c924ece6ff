import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLxcGuest } from '../../../src/cli/demo/lxc-guest.ts';
import { devicesCgroup } from '../../scenarios/devices-cgroup.ts';

const run = promisify(execFile);

/** A guest of systemd-nspawn in the test host. */
export interface NspawnGuest {
  /** The unit that it runs in. */
  readonly unit: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it and removes its files. */
  destroy(): Promise<void>;
}

const IMAGES = '/var/lib/machines';

/** A Debian with systemd inside, started as systemd does it, and known to machined. With a first id its users are its own. */
export function bootedMachine(name: string, firstId?: number): NspawnGuest {
  const unit = `systemd-nspawn@${name}.service`;
  const writes = mkdtempSync('/run/nspawn-writes-');
  const image = join(IMAGES, name);
  for (const folder of [image, join(writes, 'upper'), join(writes, 'work'), '/etc/systemd/nspawn'])
    mkdirSync(folder, { recursive: true });
  const layers = `lowerdir=/srv/guest,upperdir=${writes}/upper,workdir=${writes}/work`;
  execFileSync('mount', ['-t', 'overlay', name, '-o', layers, image]);
  if (firstId !== undefined) giveTo(image, firstId);
  writeSettings(name, `PrivateUsers=${firstId === undefined ? 'no' : `${firstId}:65536`}`);
  return {
    unit,
    start: async () => void (await systemctl('start', unit)),
    stop: async () => void (await systemctl('stop', unit)),
    destroy: () => removeMachine(name, unit, [image, writes]),
  };
}

/** A busybox as init and nothing else, started as systemd does it, and known to machined. */
export function smallMachine(name: string): NspawnGuest {
  const unit = `systemd-nspawn@${name}.service`;
  const lxcPath = mkdtempSync('/run/nspawn-small-');
  createLxcGuest({ name, lxcPath });
  const root = join(lxcPath, name, 'rootfs');
  const image = join(IMAGES, name);
  for (const folder of [join(root, 'usr/lib'), image, '/etc/systemd/nspawn']) mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, 'usr/lib/os-release'), 'ID=small\n');
  execFileSync('mount', ['--bind', root, image]);
  writeSettings(name, 'PrivateUsers=no\nKillSignal=SIGUSR2');
  return {
    unit,
    start: async () => void (await systemctl('start', unit)),
    stop: async () => void (await systemctl('stop', unit)),
    destroy: () => removeMachine(name, unit, [image, lxcPath]),
  };
}

function writeSettings(name: string, exec: string): void {
  writeFileSync(
    `/etc/systemd/nspawn/${name}.nspawn`,
    `[Exec]\n${exec}\nLinkJournal=no\n[Files]\nPrivateUsersOwnership=off\n[Network]\nPrivate=yes\nVirtualEthernet=no\n`,
  );
}

async function removeMachine(name: string, unit: string, folders: readonly string[]): Promise<void> {
  await systemctl('kill', '--signal=KILL', unit).catch(() => undefined); // it may not run
  await systemctl('stop', unit);
  await run('umount', [join(IMAGES, name)]);
  const told = ['/run', '/etc'].map((folder) => `${folder}/systemd/system.control/${unit}.d`);
  for (const made of [...folders, `/etc/systemd/nspawn/${name}.nspawn`, ...told])
    rmSync(made, { recursive: true, force: true });
  await systemctl('daemon-reload');
}

// What a Debian writes to; the rest it only reads.
function giveTo(root: string, firstId: number): void {
  const own = `${firstId}:${firstId}`;
  execFileSync('chown', [own, root]);
  execFileSync('chown', [
    '--recursive',
    '--no-dereference',
    own,
    ...['etc', 'root', 'var'].map((one) => join(root, one)),
  ]);
}

/** A process in its own users, in a unit that somebody wrote, with these lines in it: machined never hears of it. */
export function plainMachine(name: string, firstId: number, ...lines: readonly string[]): NspawnGuest {
  const unit = `plain-${name}.service`;
  const lxcPath = mkdtempSync('/run/nspawn-plain-');
  execFileSync('chmod', ['755', lxcPath]);
  const maker = createLxcGuest({ name, lxcPath, firstId });
  const root = join(lxcPath, name, 'rootfs');
  mkdirSync(join(root, 'usr'));
  chownSync(join(root, 'usr'), firstId, firstId);
  const users = [`--private-users=${firstId}:65536`, '--private-users-ownership=off'];
  const nspawn = [
    'systemd-nspawn',
    '-D',
    root,
    '-M',
    name,
    '--register=no',
    '--keep-unit',
    ...users,
    '/bin/sleep',
    '9999',
  ];
  return {
    unit,
    async start() {
      const policy = ['-p', 'DevicePolicy=closed', '-p', 'DeviceAllow=char-pts rw', '-p', 'Delegate=yes'];
      const properties = [...policy, ...lines.flatMap((line) => ['-p', line])];
      await run('systemd-run', ['--quiet', `--unit=${unit}`, '--collect', ...properties, ...nspawn]);
    },
    stop: async () => void (await systemctl('stop', unit)),
    async destroy() {
      await systemctl('stop', unit).catch(() => undefined); // a unit that was collected is not known any more
      await maker.destroy();
      rmSync(lxcPath, { recursive: true });
    },
  };
}

/** What it printed. */
export async function systemctl(...words: string[]): Promise<string> {
  const { stdout } = await run('systemctl', words);
  return stdout;
}

/** The name of its init, and as whom of the host that runs. */
export function initOf(initPid: number): readonly [string, number] {
  return [readFileSync(`/proc/${initPid}/comm`, 'utf8').trimEnd(), statSync(`/proc/${initPid}`).uid];
}

/** Makes a node in a guest's /dev, as nobody but the host can. */
export async function makeNode(initPid: number, node: string, number: readonly [number, number]): Promise<void> {
  await run('mknod', [`/proc/${initPid}/root${node}`, 'c', ...number.map(String)]);
}

/** Its DeviceAllow, sorted. */
export async function deviceAllow(unit: string): Promise<readonly string[]> {
  const { stdout } = await run('systemctl', ['show', '-p', 'DeviceAllow', unit]);
  return stdout
    .split('\n')
    .filter((line) => /=./.test(line))
    .sort();
}

/** Whether a process of the guest's cgroup may open a node of the guest: `ok`, or what the kernel says. */
export async function opening(initPid: number, node: string): Promise<string> {
  return runIn(initPid, ['--mount'], 'dd', `if=${node}`, 'of=/dev/null', 'count=0').then(
    () => 'ok',
    (error: unknown) =>
      /Operation not permitted|No such file[^\n]*|Permission denied/.exec(String(error))?.[0] ?? String(error),
  );
}

/** Runs a command as root of the guest and answers what it printed. */
export function asRoot(initPid: number, ...command: readonly string[]): Promise<string> {
  return runIn(initPid, AS_ROOT, ...command);
}

/** A command that runs what follows it inside a running guest, as its root. */
export function intoMachine(initPid: number): readonly string[] {
  return ['nsenter', `--target=${initPid}`, ...AS_ROOT];
}

const AS_ROOT = ['--all', '--setuid=0', '--setgid=0'];

/** In the guest's cgroup, and in these namespaces of its init. */
async function runIn(initPid: number, namespaces: readonly string[], ...command: readonly string[]): Promise<string> {
  const script = `echo $$ > ${devicesCgroup(initPid)}/cgroup.procs && exec nsenter --target=${initPid} "$@"`;
  const { stdout } = await run('sh', ['-c', script, 'sh', ...namespaces, ...command]);
  return stdout;
}
