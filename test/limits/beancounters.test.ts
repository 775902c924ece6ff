import { expect, test } from 'vitest';
import { type Beancounters, inconsistencies } from '../../src/limits/beancounters.ts';

const KiB = 1024;

/** A light guest of OpenVZ's own samples, in which nothing is wrong. */
const LIGHT: Beancounters = {
  avnumproc: { barrier: 40, limit: 40 },
  numproc: { barrier: 80, limit: 80 },
  numtcpsock: { barrier: 80, limit: 80 },
  numothersock: { barrier: 80, limit: 80 },
  numfile: { barrier: 1280, limit: 1280 },
  numpty: { barrier: 16, limit: 16 },
  vmguarpages: { barrier: 6144, limit: Number.POSITIVE_INFINITY },
  privvmpages: { barrier: 22_200, limit: 25_600 },
  kmemsize: { barrier: 40 * 40_960 + 500_000, limit: 2_936_012 },
  dcachesize: { barrier: 480_000, limit: 500_000 },
  tcpsndbuf: { barrier: 319_488, limit: 524_288 },
  tcprcvbuf: { barrier: 319_488, limit: 524_288 },
  othersockbuf: { barrier: 132_096, limit: 336_896 },
  dgramrcvbuf: { barrier: 132_096, limit: 132_096 },
};

test('parameters that go together are consistent, and so is nothing at all', () => {
  expect(inconsistencies(LIGHT)).toEqual([]);
  expect(inconsistencies({})).toEqual([]);
});

test('too little memory of the kernel for its processes is an error, with the values', () => {
  const kmemsize = { barrier: 40 * 40_960 + 499_999, limit: 2_936_012 };
  expect(inconsistencies({ ...LIGHT, kmemsize })).toEqual([
    {
      level: 'error',
      says: 'kmemsize.barrier >= 40960 * avnumproc + dcachesize.limit does not hold: kmemsize 2138399:2936012, avnumproc 40:40, dcachesize 480000:500000',
    },
  ]);
});

test.each([
  [{ dcachesize: { barrier: 400_000, limit: 384 * 1280 - 1 } }, 'error', 'dcachesize.limit >= 384 * numfile'],
  [{ privvmpages: { barrier: 6143, limit: 6200 } }, 'warning', 'privvmpages.barrier >= vmguarpages.barrier'],
  [{ privvmpages: { barrier: 25_601, limit: 25_600 } }, 'error', 'privvmpages.barrier <= privvmpages.limit'],
  [
    { tcpsndbuf: { barrier: 319_488, limit: 319_488 + 2560 * 80 - 1 } },
    'error',
    'tcpsndbuf.limit - tcpsndbuf.barrier >= 2560 * numtcpsock',
  ],
  [{ tcprcvbuf: { barrier: 64 * KiB - 1, limit: 524_288 } }, 'error', 'tcprcvbuf.barrier >= 64 KiB'],
  [
    { othersockbuf: { barrier: 132_096, limit: 132_096 } },
    'error',
    'othersockbuf.limit - othersockbuf.barrier >= 2560 * numothersock',
  ],
  [{ dgramrcvbuf: { barrier: 128 * KiB, limit: 128 * KiB } }, 'recommendation', 'dgramrcvbuf.barrier >= 129 KiB'],
  [{ numpty: { barrier: 1121, limit: 1121 } }, 'warning', 'numfile >= numtcpsock + numothersock + numpty'],
] as const)('%j breaks a rule: %s, %s', (changed, level, says) => {
  expect(inconsistencies({ ...LIGHT, ...changed })).toEqual([
    { level, says: expect.stringContaining(`${says} does not hold: `) },
  ]);
});

test('a rule about a parameter that nobody gave says nothing', () => {
  const { dcachesize: _, ...others } = LIGHT;
  expect(inconsistencies({ ...others, kmemsize: { barrier: 1, limit: 1 } })).toEqual([]);
});
