import { existsSync } from 'node:fs';

const V1_DEVICES = '/sys/fs/cgroup/devices';
const BESIDE_V1 = '/sys/fs/cgroup/unified';

/** Whether this host decides by v1's controller what a guest may open. */
export const hasV1Devices = existsSync(`${V1_DEVICES}/cgroup.procs`);

export const V2_ROOT = existsSync(`${BESIDE_V1}/cgroup.procs`) ? BESIDE_V1 : '/sys/fs/cgroup';
export const hasV2 = existsSync(`${V2_ROOT}/cgroup.procs`);

/** Where the cgroups are that decide on devices. */
export const DEVICES_ROOT = hasV1Devices ? V1_DEVICES : V2_ROOT;

/** Where the devices controller of v1 is not mounted, the executor uses v2: so it is hidden from one that is started after this. */
export const WITHOUT_V1 = hasV1Devices ? `umount ${V1_DEVICES}` : 'true';

/** Where the freezer of v1 is; undefined: this host has v2's only. */
const V1_FREEZER = '/sys/fs/cgroup/freezer';
export const FREEZER_ROOT = existsSync(`${V1_FREEZER}/cgroup.procs`) ? V1_FREEZER : undefined;

/** Each hierarchy in which a guest's end is seen and made, and the name of the test for it. */
export const LIFE_ROOTS: readonly { readonly where: string; readonly root: string }[] = [
  { where: 'v2', root: V2_ROOT },
  ...(FREEZER_ROOT === undefined ? [] : [{ where: 'the freezer of v1', root: FREEZER_ROOT }]),
  ...(hasV1Devices ? [{ where: 'v1 without a freezer', root: V1_DEVICES }] : []),
];
