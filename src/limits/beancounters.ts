import { KERNEL_BYTES_OF_PROCESS } from '../model/small-limits.ts';
import type { Level } from './commitments.ts';

const NAMES = [
  'numproc',
  'avnumproc',
  'numtcpsock',
  'numothersock',
  'numfile',
  'numflock',
  'numpty',
  'vmguarpages',
  'oomguarpages',
  'privvmpages',
  'shmpages',
  'lockedpages',
  'physpages',
  'swappages',
  'kmemsize',
  'dcachesize',
  'tcpsndbuf',
  'tcprcvbuf',
  'othersockbuf',
  'dgramrcvbuf',
] as const;
export type Beancounter = (typeof NAMES)[number];

/** As OpenVZ wrote it, `barrier:limit`. */
export interface Bounds {
  readonly barrier: number;
  readonly limit: number;
}

/** OpenVZ's parameters of one guest: pages of 4 KiB, bytes (`size`, `buf`) or a count (`num`). */
export type Beancounters = Readonly<Partial<Record<Beancounter, Bounds>>>;

/** What is wrong between the parameters, by OpenVZ's own rules of consistency. */
export interface Inconsistency {
  readonly level: Exclude<Level, 'ok'>;
  readonly says: string;
}

const BYTES_OF_FILE = 384;
const BYTES_OF_SOCKET = 2560;
const KiB = 1024;

type Get = (name: Beancounter) => Bounds;

/** Holds only where all parameters that it reads are there. */
interface Rule {
  readonly level: Inconsistency['level'];
  readonly says: string;
  readonly holds: (get: Get) => boolean;
}

const RULES: readonly Rule[] = [
  ...NAMES.map((name) => error(`${name}.barrier <= ${name}.limit`, (of) => of(name).barrier <= of(name).limit)),
  error('dcachesize.limit >= 384 * numfile', (of) => of('dcachesize').limit >= BYTES_OF_FILE * of('numfile').barrier),
  error(
    'kmemsize.barrier >= 40960 * avnumproc + dcachesize.limit',
    (of) => of('kmemsize').barrier >= KERNEL_BYTES_OF_PROCESS * of('avnumproc').barrier + of('dcachesize').limit,
  ),
  ...(['tcpsndbuf', 'tcprcvbuf'] as const).flatMap((name) => [
    error(`${name}.limit - ${name}.barrier >= 2560 * numtcpsock`, (of) => gap(of(name)) >= sockets(of('numtcpsock'))),
    error(`${name}.barrier >= 64 KiB`, (of) => of(name).barrier >= 64 * KiB),
  ]),
  error(
    'othersockbuf.limit - othersockbuf.barrier >= 2560 * numothersock',
    (of) => gap(of('othersockbuf')) >= sockets(of('numothersock')),
  ),
  ...(['othersockbuf', 'dgramrcvbuf'] as const).flatMap((name) => [
    error(`${name}.barrier >= 32 KiB`, (of) => of(name).barrier >= 32 * KiB),
    recommendation(`${name}.barrier >= 129 KiB`, (of) => of(name).barrier >= 129 * KiB),
  ]),
  warning('privvmpages.barrier >= vmguarpages.barrier', (of) => of('privvmpages').barrier >= of('vmguarpages').barrier),
  warning('numfile >= 32 * avnumproc', (of) => of('numfile').barrier >= 32 * of('avnumproc').barrier),
  warning(
    'numfile >= numtcpsock + numothersock + numpty',
    (of) => of('numfile').barrier >= of('numtcpsock').barrier + of('numothersock').barrier + of('numpty').barrier,
  ),
];

/** The rules that do not hold, each with the values that break it; rules about what is not there hold. */
export function inconsistencies(values: Beancounters): readonly Inconsistency[] {
  return RULES.flatMap(({ level, says, holds }) => {
    const read = new Map<Beancounter, Bounds | undefined>();
    const get: Get = (name) => {
      read.set(name, values[name]);
      return values[name] ?? { barrier: Number.NaN, limit: Number.NaN };
    };
    if (holds(get) || [...read.values()].includes(undefined)) return [];
    return [{ level, says: `${says} does not hold: ${[...read].map(boundsText).join(', ')}` }];
  });
}

function boundsText([name, bounds]: readonly [Beancounter, Bounds | undefined]): string {
  return `${name} ${bounds?.barrier}:${bounds?.limit}`;
}

function gap({ barrier, limit }: Bounds): number {
  return limit - barrier;
}

function sockets({ barrier }: Bounds): number {
  return BYTES_OF_SOCKET * barrier;
}

function error(says: string, holds: Rule['holds']): Rule {
  return { level: 'error', says, holds };
}

function warning(says: string, holds: Rule['holds']): Rule {
  return { level: 'warning', says, holds };
}

function recommendation(says: string, holds: Rule['holds']): Rule {
  return { level: 'recommendation', says, holds };
}
