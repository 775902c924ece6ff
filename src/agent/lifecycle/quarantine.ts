import type { AlertReading, QuarantineCause } from '../../model/alert.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestHistory, TooManyReboots } from '../../model/guest-history.ts';

/** Why a guest is not started by itself; undefined: it is not in quarantine. */
export function quarantineOf(guest: string, history: GuestHistory): Refusal | undefined {
  const { isQuarantined, quarantinedFor, restarts } = history;
  if (!isQuarantined) return undefined;
  if (quarantinedFor === undefined)
    return { code: 'E_QUARANTINE', subject: guest, detail: restartsText(restarts.length) };
  if ('hostDeaths' in quarantinedFor)
    return { code: 'E_HOST_DIES', subject: guest, detail: String(quarantinedFor.hostDeaths) };
  return { code: 'E_REBOOTS', subject: guest, detail: rebootsText(quarantinedFor) };
}

/** What alerts are told of it. */
export function quarantineReading(history: GuestHistory): Pick<AlertReading, 'levels' | 'quarantinedFor'> {
  if (!history.isQuarantined) return { levels: { quarantine: 0 } };
  return { levels: { quarantine: 1 }, quarantinedFor: causeOf(history) };
}

function causeOf({ quarantinedFor }: GuestHistory): QuarantineCause {
  if (quarantinedFor === undefined) return 'ends';
  return 'hostDeaths' in quarantinedFor ? 'host-dies' : 'reboots';
}

function restartsText(count: number): string {
  return `${count} restart${count === 1 ? '' : 's'}`;
}

/** `11 times in 60 min`. */
export function rebootsText({ reboots, withinMs }: TooManyReboots): string {
  const span = withinMs >= 120_000 ? `${Math.round(withinMs / 60_000)} min` : `${Math.round(withinMs / 100) / 10} s`;
  return `${reboots} times in ${span}`;
}
