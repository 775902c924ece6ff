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
