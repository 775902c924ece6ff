import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from '../contract/debian-package.ts';

/** Signals by the numbers that C libraries of GNU give them. */
export const SIGNAL = { HUP: 1, INT: 2, USR1: 10, USR2: 12, TERM: 15, CONT: 18, PWR: 30, HALT: 37 } as const;

/** One of Debian's own, as it comes, with the least that it needs to run. */
export interface RealInit {
  readonly name: string;
  readonly program: readonly string[];
  /** What is in its root besides its packages, by path: scripts, texts, and links where it begins with an arrow. */
  readonly files: Readonly<Record<string, string>>;
  /** What it listens to when it can be halted, and how that shows. */
  readonly armed: number | 'initctl';
  readonly shows: 'blocked' | 'caught' | 'waited' | 'initctl';
  /** It is armed before it does what it is told: while it boots, a halt is forgotten. */
  readonly forgets?: true;
  /** The words of `halt` behind the guest's. */
  readonly halt: string;
  /** What its parent is told then. */
  readonly end: string;
}

const SLEEPS = '#!/bin/sh\nexec sleep 600\n';
const HALTED = `signal ${SIGNAL.INT}`;

export const INITS: readonly RealInit[] = [
  {
    name: 'systemd',
    program: ['/lib/systemd/systemd'],
    files: {
      'etc/systemd/system/default.target': '-> /lib/systemd/system/multi-user.target',
      'etc/machine-id': '',
      'etc/systemd/system/sleeps.service': '[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/bin/sleep 600\n',
      'etc/systemd/system/multi-user.target.wants/sleeps.service': '-> ../sleeps.service',
    },
    armed: SIGNAL.HALT,
    shows: 'blocked',
    halt: `signal ${SIGNAL.HALT}`,
    end: HALTED,
  },
  {
    name: 'sysvinit',
    program: ['/sbin/init'],
    files: { 'etc/inittab': 'id:2:initdefault:\nl0:0:wait:/sbin/halt -d -f -h\ns1:2:respawn:/bin/sleep 600\n' },
    armed: 'initctl',
    shows: 'initctl',
    halt: 'initctl 0',
    end: HALTED,
  },
  {
    name: 'busybox',
    program: ['/sbin/init'],
    files: { 'sbin/init': '-> ../bin/busybox', 'etc/inittab': '::respawn:/bin/sleep 600\n' },
    armed: SIGNAL.USR1,
    shows: 'waited',
    halt: `signal ${SIGNAL.USR1}`,
    end: HALTED,
  },
  {
    name: 'openrc',
    program: ['/sbin/openrc-init'],
    files: {
      ...Object.fromEntries(['sysinit', 'boot', 'shutdown'].map((level) => [`etc/runlevels/${level}/.keep`, ''])),
      'etc/init.d/sleeps':
        '#!/sbin/openrc-run\ncommand=/bin/sleep\ncommand_args=600\ncommand_background=yes\npidfile=/run/sleeps.pid\n',
      'etc/runlevels/default/sleeps': '-> /etc/init.d/sleeps',
    },
    armed: SIGNAL.TERM,
    shows: 'caught',
    halt: `signal ${SIGNAL.TERM}`,
    end: HALTED,
  },
  {
    name: 'runit',
    program: ['/sbin/runit'],
    files: {
      'etc/runit/1':
        '#!/bin/sh\ninstall -m000 /dev/null /run/runit.stopit\ninstall -m000 /dev/null /run/runit.reboot\n',
      'etc/runit/2': SLEEPS,
      'etc/runit/3': '#!/bin/sh\nexit 0\n',
    },
    armed: SIGNAL.CONT,
    shows: 'caught',
    forgets: true,
    halt: 'runit',
    end: HALTED,
  },
  {
    name: 's6',
    program: ['/usr/bin/s6-svscan', '/etc/s6'],
    files: { 'etc/s6/one/run': SLEEPS },
    armed: SIGNAL.TERM,
    shows: 'blocked',
    halt: `signal ${SIGNAL.TERM}`,
    end: 'exit 0',
  },
  {
    name: 'finit',
    program: ['/sbin/finit'],
    files: { 'etc/finit.d/sleeps.conf': 'service [2345] /bin/sleep 600 -- sleeps\n' },
    armed: SIGNAL.USR2,
    shows: 'blocked',
    forgets: true,
    halt: `signal ${SIGNAL.USR2}`,
    end: HALTED,
  },
  {
    name: 'tini',
    program: ['/usr/bin/tini', '--', '/bin/sleep', '600'],
    files: {},
    armed: SIGNAL.TERM,
    shows: 'waited',
    halt: `signal ${SIGNAL.TERM}`,
    end: `exit ${128 + SIGNAL.TERM}`,
  },
  {
    name: 'dumb-init',
    program: ['/usr/bin/dumb-init', '/bin/sleep', '600'],
    files: {},
    armed: SIGNAL.TERM,
    shows: 'waited',
    forgets: true,
    halt: `signal ${SIGNAL.TERM}`,
    end: `exit ${128 + SIGNAL.TERM}`,
  },
  {
    name: 'plain',
    program: ['/bin/sh', '-c', 'trap "exit 7" TERM; while sleep 0.05; do :; done'],
    files: {},
    armed: SIGNAL.TERM,
    shows: 'caught',
    halt: `signal ${SIGNAL.TERM}`,
    end: 'exit 7',
  },
];

const APPLETS = ['sh', 'sleep', 'mount', 'umount', 'install', 'sync', 'true'];
/** Each has these programs, and the library of C. */
export const COMMON_FILES = Object.fromEntries(APPLETS.map((name) => [`bin/${name}`, '-> busybox']));

/** Folders that its root is laid over, or why they cannot be had. */
export function packagesOf(init: RealInit): { readonly folders: readonly string[]; readonly lack?: string } {
  const all: { readonly [name: string]: readonly string[] } = JSON.parse(
    readFileSync(join(import.meta.dirname, 'real-inits.json'), 'utf8'),
  );
  const found = [...(all.all ?? []), ...(all[init.name] ?? [])].map(debianPackage);
  const lack = found.find((one) => one.lack !== undefined)?.lack;
  return { folders: found.map(({ unpacked }) => unpacked), ...(lack === undefined ? {} : { lack }) };
}
