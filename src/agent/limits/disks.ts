import type { FoundDisk } from '../../limits/disks.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Policy } from '../../model/policy.ts';
import type { DeviceReader } from '../../ports/devices.ts';

/** The disks of a policy as the host has them now, and which of them it has not. */
export function lookUpDisks(
  devices: Pick<DeviceReader, 'disk'>,
  guest: string,
  policy: Policy | undefined,
): { readonly disks: readonly FoundDisk[]; readonly refusals: readonly Refusal[] } {
  const disks: FoundDisk[] = [];
  const refusals: Refusal[] = [];
  for (const { device, ...limits } of policy?.io.disks ?? []) {
    const found = devices.disk(device);
    if (found.kind === 'disk') disks.push({ number: found.number, limits });
    else refusals.push({ code: 'W_LIMIT_DISK', subject: guest, detail: missing(device, found) });
  }
  return { disks, refusals };
}

type Missing = Exclude<ReturnType<DeviceReader['disk']>, { readonly kind: 'disk' }>;

function missing(device: string, found: Missing): string {
  return found.kind === 'absent' ? `${device} is not there` : `${device} is a partition; the disk is ${found.of}`;
}
