import type { Guest } from '../model/guest.ts';

/** Whether what is granted to this start of a guest is there in the next one too: systemd keeps it with the unit that is its cgroup. */
export function keepsGrants({ instance }: Guest): boolean {
  return /\.(service|scope)$/.test(instance?.cgroup ?? '');
}

/** Whether it runs in a unit that may be started again by its name; a scope goes with its processes. */
export function isService({ instance }: Guest): boolean {
  return instance?.cgroup.endsWith('.service') === true;
}
