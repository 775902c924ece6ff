import type { GuestView } from '../../ports/agent.ts';
import type { GuestMetrics, MetricsView } from '../../ports/metrics-view.ts';
import { guestViews, statusView } from '../status-view.ts';
import type { World } from '../world.ts';

/** What is known now; nothing is read. */
export function metricsView(world: World, since: string): MetricsView {
  const guests = guestViews(world);
  const { user, system } = process.cpuUsage();
  return {
    status: statusView(world, since, guests),
    startedAt: secondsOf(since),
    loadedAt: secondsOf(world.loadedAt),
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    guests: guests.map((guest) => guestMetrics(world, guest)),
    alerts: world.alerts.view(),
    shutdown: world.goingDown.lately(),
    passes: {
      devices: world.stopwatches.devices.durations(),
      limits: world.stopwatches.limits.durations(),
      starts: world.stopwatches.starts.durations(),
      stops: world.stopwatches.stops.durations(),
    },
  };
}

function guestMetrics({ ports: { clock }, limiter }: World, guest: GuestView): GuestMetrics {
  const { rows, bucket } = limiter.measured(guest.name);
  const readAt = limiter.readAt(guest.name);
  const ageSeconds = readAt === undefined ? undefined : (clock.now() - readAt) / 1000;
  return {
    guest,
    rows,
    ...(bucket && { bucket }),
    ...(ageSeconds !== undefined && { readAt: secondsOf(clock.calendar()) - ageSeconds }),
  };
}

function secondsOf(iso: string): number {
  return Date.parse(iso) / 1000;
}
