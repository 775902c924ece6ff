import type { InitKind } from '../../src/model/halt.ts';
import type { InitFacts } from '../../src/model/init-facts.ts';

export function signals(...numbers: readonly number[]): bigint {
  return numbers.reduce((set, number) => set | (1n << BigInt(number - 1)), 0n);
}

const RT = Array.from({ length: 31 }, (_, at) => 34 + at);
const EVERY = signals(...Array.from({ length: 64 }, (_, at) => at + 1));
const NOTHING = { blocked: 0n, ignored: 0n, caught: 0n, hasInitctl: false };

/** What the kernel shows of each init, when it listens. */
export const LISTENING: Readonly<Record<InitKind, InitFacts>> = {
  systemd: {
    ...NOTHING,
    exe: '/usr/lib/systemd/systemd',
    comm: 'systemd',
    blocked: signals(1, 2, 10, 12, 15, 17, 28, 30, ...RT),
    caught: signals(4, 6, 7, 8, 11),
  },
  sysvinit: {
    exe: '/usr/sbin/init',
    comm: 'init',
    blocked: 0n,
    ignored: signals(15, ...RT),
    caught: signals(1, 2, 10, 12, 14, 30),
    hasInitctl: true,
  },
  busybox: { ...NOTHING, exe: '/bin/busybox', comm: 'init', waited: signals(1, 2, 3, 10, 12, 15, 17, 30) },
  openrc: {
    ...NOTHING,
    exe: '/usr/sbin/openrc-init',
    comm: 'openrc-init',
    blocked: EVERY & ~signals(2, 15, 17, 30),
    caught: signals(2, 15, 17, 30),
  },
  runit: {
    ...NOTHING,
    exe: '/usr/bin/runit',
    comm: 'runit',
    blocked: signals(1, 15),
    ignored: signals(1, 15),
    caught: signals(2, 18, 30),
  },
  s6: { ...NOTHING, exe: '/usr/bin/s6-svscan', comm: 's6-svscan', blocked: signals(1, 2, 3, 10, 12, 15, 17, 30) },
  finit: {
    ...NOTHING,
    exe: '/usr/sbin/finit',
    comm: 'finit',
    blocked: signals(1, 2, 10, 12, 15, 17, 30),
    ignored: signals(10),
  },
  plain: { ...NOTHING, exe: '/usr/bin/tini', comm: 'tini', waited: EVERY },
};

/** What its source says that upstart catches; nobody has one to look at. */
export const UPSTART: InitFacts = {
  ...NOTHING,
  exe: '/sbin/init',
  comm: 'init',
  caught: signals(1, 2, 6, 10, 11, 14, 15, 17, 28, 30),
};

/** The same program before it listens to anything. */
export function deaf(facts: InitFacts): InitFacts {
  const { exe, comm } = facts;
  return { exe, comm, ...NOTHING };
}
