import type { InitKind } from '../model/halt.ts';
import type { InitFacts } from '../model/init-facts.ts';
import { hasSignal, SIGPWR, SIGUSR1, SIGUSR2, SYSTEMD_HALT } from './signals.ts';

/** Which init a guest has; undefined: its runtime has not begun it yet. */
export function initKind(facts: InitFacts): InitKind | undefined {
  const program = programOf(facts.exe);
  if (RUNTIMES.has(program)) return undefined;
  return BY_PROGRAM[program]?.(facts) ?? 'plain';
}

/** What a guest's first process is before it becomes the guest's init. */
const RUNTIMES: ReadonlySet<string> = new Set(['', 'lxc-start', 'lxc-execute', 'lxc-autostart', 'systemd-nspawn']);

const BY_PROGRAM: Readonly<Record<string, (facts: InitFacts) => InitKind | undefined>> = {
  systemd: () => 'systemd',
  'systemd-executor': () => 'systemd',
  busybox: busyboxOrProgram,
  'busybox.static': busyboxOrProgram,
  'openrc-init': () => 'openrc',
  runit: () => 'runit',
  'runit-init': () => 'runit',
  's6-svscan': () => 's6',
  's6-linux-init': () => 's6',
  finit: () => 'finit',
  init: namedInit,
};

// A shell of busybox is no init of busybox.
function busyboxOrProgram({ comm, waited }: InitFacts): InitKind {
  return comm === 'init' || comm === 'linuxrc' || hasSignal(waited, SIGUSR2) ? 'busybox' : 'plain';
}

// Whatever was installed under the name that everybody looks for.
function namedInit({ blocked, caught, waited, hasInitctl }: InitFacts): InitKind {
  if (hasSignal(waited, SIGUSR1) && hasSignal(waited, SIGUSR2)) return 'busybox';
  if (hasInitctl || hasSignal(caught, SIGPWR)) return 'sysvinit';
  return hasSignal(blocked, SYSTEMD_HALT) ? 'systemd' : 'plain';
}

// The kernel says so of a program that was replaced on the disk meanwhile.
function programOf(exe: string): string {
  return exe.replace(/ \(deleted\)$/, '').replace(/^.*\//s, '');
}
