import type { GuestLifeView } from '../../src/ports/agent.ts';
import type { MetricsView } from '../../src/ports/metrics-view.ts';
import { alerts, limits, scan1, status, web1 } from '../control/agent-value.ts';

/** Of a guest whose stops and starts did not all go well, and of one of which nothing is known. */
const LIVED: GuestLifeView = {
  crashes: 3,
  reboots: 2,
  isUnclean: true,
  stops: { count: 4, killed: 1, lastMs: 2500, mostMs: 60_000 },
};
const NEW: GuestLifeView = { crashes: 0, reboots: 0 };

/** A host of which everything that may be told is told. */
export const everything: MetricsView = {
  status: {
    ...status,
    warnings: [{ code: 'W_UDEV_ABSENT', subject: 'udevd' }, ...web1.refusals],
    counters: {
      passes_total: 7,
      actions_total: 12,
      actions_failed_total: 2,
      uevents_refused_sender_total: 3,
      uevents_refused_unicast_total: 1,
      uevents_lost_overflow_total: 1,
    },
  },
  startedAt: 1_772_362_800,
  loadedAt: 1_772_362_800.5,
  residentBytes: 70_000_000,
  cpuSeconds: 1.25,
  guests: [
    {
      guest: { ...scan1, life: LIVED },
      rows: limits[1]?.rows ?? [],
      readAt: 1_772_366_340,
      bucket: { tokensUs: -20_000, sizeUs: 4_000_000, held: true },
    },
    { guest: { ...web1, life: NEW }, rows: [{ resource: 'rss', unit: 'bytes', hits: 3 }] },
  ],
  alerts,
  shutdown: { totalMs: 50_000, smallest: { name: 'budget', ms: 30_000, ends: 'guests' } },
  passes: {
    devices: { bounds: [0.001, 0.1], counts: [4, 2, 1], sum: 3.5 },
    limits: { bounds: [0.001, 0.1], counts: [0, 0, 0], sum: 0 },
    starts: { bounds: [0.001, 0.1], counts: [0, 0, 0], sum: 0 },
    stops: { bounds: [0.001, 0.1], counts: [0, 0, 0], sum: 0 },
  },
};
