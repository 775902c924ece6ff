import { chownSync, copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runShielded } from './run-shielded.ts';

export interface LxcGuestOptions {
  readonly name: string;
  /** Where its folder is made, as `lxc-start -P` takes it. */
  readonly lxcPath: string;
  /** Called by LXC before the guest's init runs. */
  readonly hook?: string;
  /** The host's id of the guest's root; absent: a privileged guest. */
  readonly firstId?: number;
  readonly environment?: NodeJS.ProcessEnv;
}

/** A busybox guest of LXC, made from nothing but the host's static busybox. */
export interface LxcGuest {
  readonly name: string;
  start(): Promise<void>;
  /** Runs a command inside and answers what it printed; throws when it fails. */
  attach(...command: string[]): Promise<string>;
  /** The host's pid of its init. */
  initPid(): Promise<number>;
  stop(): Promise<void>;
  /** Stops it and removes its folder. */
  destroy(): Promise<void>;
}

const IDS = 65_536;
const PATH = '/bin:/sbin:/usr/bin:/usr/sbin';

export function createLxcGuest(options: LxcGuestOptions): LxcGuest {
  const folder = join(options.lxcPath, options.name);
  makeRoot(join(folder, 'rootfs'));
  if (options.firstId !== undefined) giveTo(join(folder, 'rootfs'), options.firstId);
  writeFileSync(join(folder, 'config'), configText(options, folder));
  return configuredGuest(options);
}

/** The guest whose folder has its configuration. */
export function configuredGuest(options: Pick<LxcGuestOptions, 'name' | 'lxcPath' | 'environment'>): LxcGuest {
  const { name, lxcPath, environment } = options;
  const folder = join(lxcPath, name);
  const lxc = (command: string, ...words: string[]) =>
    runShielded(command, ['-P', lxcPath, '-n', name, ...words], environment);
  return {
    name,
    start: async () => void (await lxc('lxc-start', '-l', 'ERROR', '-o', join(folder, 'log'))),
    attach: (...command) => lxc('lxc-attach', '--clear-env', '-v', `PATH=${PATH}`, '--', ...command),
    initPid: async () => Number((await lxc('lxc-info', '-p', '-H')).trim()),
    stop: async () => void (await lxc('lxc-stop', '-k')),
    async destroy() {
      await lxc('lxc-stop', '-k').catch(() => undefined); // it may not run
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const APPLETS = [
  'cat',
  'chmod',
  'chown',
  'dd',
  'echo',
  'find',
  'id',
  'ln',
  'ls',
  'mkdir',
  'mkfifo',
  'mknod',
  'mount',
  'mv',
  'rm',
  'rmdir',
  'sh',
  'sleep',
  'stat',
  'test',
  'touch',
  'true',
  'umount',
];
const FILES = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nsaned:x:106:107:scanner daemon:/:/bin/false\n',
  group: 'root:x:0:\ntty:x:5:\ndisk:x:6:\ndialout:x:20:\nscanner:x:107:saned\n',
  inittab: '::sysinit:/bin/true\n',
};

function makeRoot(root: string): void {
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sbin', 'sys', 'tmp', 'var']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of APPLETS) symlinkSync('busybox', join(root, 'bin', name));
  symlinkSync('../bin/busybox', join(root, 'sbin/init'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(root, 'etc', name), text);
}

function giveTo(root: string, id: number): void {
  chownSync(root, id, id);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), id, id);
  }
}

function configText({ name, hook, firstId }: LxcGuestOptions, folder: string): string {
  return [
    'lxc.include = /usr/share/lxc/config/common.conf',
    ...(firstId === undefined ? [] : userNamespace(firstId)),
    `lxc.uts.name = ${name}`,
    `lxc.rootfs.path = dir:${join(folder, 'rootfs')}`,
    'lxc.net.0.type = empty',
    'lxc.autodev = 1',
    'lxc.signal.halt = SIGUSR1',
    ...(hook === undefined ? [] : [`lxc.hook.start-host = ${hook}`]),
    '',
  ].join('\n');
}

// userns.conf empties the device list; the policy is put back, so that grants mean something in this guest too.
function userNamespace(firstId: number): readonly string[] {
  const allowed = [
    'c 1:3 rwm',
    'c 1:5 rwm',
    'c 1:7 rwm',
    'c 1:8 rwm',
    'c 1:9 rwm',
    'c 5:0 rwm',
    'c 5:1 rwm',
    'c 5:2 rwm',
    'c 136:* rwm',
  ];
  return [
    'lxc.include = /usr/share/lxc/config/userns.conf',
    `lxc.idmap = u 0 ${firstId} ${IDS}`,
    `lxc.idmap = g 0 ${firstId} ${IDS}`,
    ...['cgroup', 'cgroup2'].flatMap((version) => [
      `lxc.${version}.devices.deny = a`,
      ...allowed.map((rule) => `lxc.${version}.devices.allow = ${rule}`),
    ]),
  ];
}
