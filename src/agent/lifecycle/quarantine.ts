import type { Refusal } from '../../model/failure.ts';
import type { GuestHistory, TooManyReboots } from '../../model/guest-history.ts';

/** Why a guest is not started by itself; undefined: it is not in quarantine. */
export function quarantineOf(guest: string, history: GuestHistory): Refusal | undefined {
  const { isQuarantined, quarantinedFor, restarts } = history;
  if (!isQuarantined) return undefined;
  if (quarantinedFor === undefined) return { code: 'E_QUARANTINE', subject: guest, detail: String(restarts.length) };
  if ('hostDeaths' in quarantinedFor)
    return { code: 'E_HOST_DIES', subject: guest, detail: String(quarantinedFor.hostDeaths) };
  return { code: 'E_REBOOTS', subject: guest, detail: rebootsText(quarantinedFor) };
}

/** `11 times in 60 min`. */
export function rebootsText({ reboots, withinMs }: TooManyReboots): string {
  const span = withinMs >= 120_000 ? `${Math.round(withinMs / 60_000)} min` : `${Math.round(withinMs / 100) / 10} s`;
  return `${reboots} times in ${span}`;
}
