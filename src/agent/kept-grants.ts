import type { Guest, GuestInstance } from '../model/guest.ts';

/** Whether what is granted to this start of a guest is there in the next one too: systemd keeps it with the unit that is its cgroup. */
export function keepsGrants({ instance }: Guest): boolean {
  return /\.(service|scope)$/.test(instance?.cgroup ?? '');
}

/** The cgroup of the unit that it runs in and that may be started again by its name; a scope goes with its processes. */
export function serviceOf(start: GuestInstance | undefined): string | undefined {
  return start?.cgroup.endsWith('.service') === true ? start.cgroup : undefined;
}
