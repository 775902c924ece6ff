import { expect, test } from 'vitest';
import { wantedPressures } from '../../src/limits/pressures.ts';
import { policy } from './policy.ts';

const ALERT = { raise: 0.9, clear: 0.8, forMs: 30_000 };
const BUCKET = { rate: 1, interval: 4, tickUs: 1000, threshold: 0, hold: 'smooth', refill: 'steady' } as const;

test.each([
  ['no policy is for the guest', undefined, { cpu: false, memory: false }],
  ['nothing is alerted and nobody drives', policy({ memory: { limit: 2 ** 30 } }), { cpu: false, memory: false }],
  [
    'the kernel keeps the bucket',
    policy({ cpu: { bucket: { ...BUCKET, size: 400 }, guarantee: false } }),
    { cpu: false, memory: false },
  ],
  [
    'the bucket is deeper',
    policy({ cpu: { bucket: { ...BUCKET, size: 4000 }, guarantee: false } }),
    { cpu: true, memory: false },
  ],
  ['CPU time is alerted', policy({ alerts: { cpu: ALERT } }), { cpu: true, memory: false }],
  ['memory is alerted', policy({ alerts: { rss: ALERT } }), { cpu: false, memory: true }],
])('where %s', (_, limited, wanted) => {
  expect(wantedPressures(limited, 2)).toEqual(wanted);
});
