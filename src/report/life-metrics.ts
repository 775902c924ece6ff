import type { MetricFamily, MetricSample } from '../model/metric.ts';
import type { GuestLifeView } from '../ports/agent.ts';
import type { GuestMetrics } from '../ports/metrics-view.ts';
import { gauge } from './gauge.ts';

/** What became of the starts and stops of each guest. */
export function lifeFamilies(guests: readonly GuestMetrics[]): readonly MetricFamily[] {
  const each = (value: (life: GuestLifeView) => number | undefined) =>
    guests.flatMap(({ guest: { name, life } }) => ofGuest(name, life && value(life)));
  return [
    gauge(
      'hostler_guest_unclean',
      '1 from the boot of a host that died while the guest ran until the guest is stopped once.',
      each(({ isUnclean = false }) => Number(isUnclean)),
    ),
    gauge(
      'hostler_guest_crashes',
      'How often the guest ended by itself, as far back as is known.',
      each(({ crashes }) => crashes),
    ),
    gauge(
      'hostler_guest_reboots',
      'How often the guest rebooted from inside, as far back as is known.',
      each(({ reboots }) => reboots),
    ),
    gauge(
      'hostler_guest_stops_killed',
      'Of the last stops of the guest, those that ended with a kill.',
      each(({ stops }) => stops?.killed),
    ),
    gauge(
      'hostler_guest_last_stop_seconds',
      'How long the last stop of the guest took.',
      each(({ stops }) => stops && stops.lastMs / 1000),
    ),
  ];
}

function ofGuest(guest: string, value: number | undefined): readonly MetricSample[] {
  return value === undefined ? [] : [{ value, labels: { guest } }];
}
