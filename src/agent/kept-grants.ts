import type { Guest } from '../model/guest.ts';

/** Whether what is granted to this start of a guest is there in the next one too: systemd keeps it with the unit that is its cgroup. */
export function keepsGrants({ instance }: Guest): boolean {
  return /\.(service|scope)$/.test(instance?.cgroup ?? '');
}
