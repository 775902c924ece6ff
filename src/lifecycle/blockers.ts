import type { Blocker, Occupants, StopState } from '../model/stop.ts';

/** So many are kept and told. */
export const BLOCKERS_MAX = 32;
/** A guest gives its cgroups and the places of its mounts names of any length. */
const LONGEST = 200;

/** Those that tell most: who cannot be killed, then units of its systemd, its init last. */
export function keptBlockers(
  { of }: Pick<StopState, 'of'>,
  { named, count }: Occupants,
): Required<Pick<StopState, 'blockers' | 'blockerCount'>> {
  const sorted = named.toSorted((one, other) => rankOf(one, of.pid) - rankOf(other, of.pid));
  const blockers = sorted.slice(0, BLOCKERS_MAX).map(shortened);
  return { blockers, blockerCount: Math.max(count, named.length) };
}

function shortened({ mount, ...one }: Blocker): Blocker {
  const cgroup = one.cgroup.slice(0, LONGEST);
  return { ...one, cgroup, ...(mount !== undefined && { mount: mount.slice(0, LONGEST) }) };
}

/** systemd itself, and those that it needs for the others. */
const LAST = /^(init\.scope|systemd-.*|dbus(-broker)?\.service)$/;

/** How much one tells of what a stop waits for, of the init with that number: the most is 0. */
export function rankOf({ pid, state, cgroup }: Blocker, init: number): number {
  if (state === 'D') return 0;
  if (pid === init) return 4;
  const unit = unitOf(cgroup);
  if (unit === undefined) return 2;
  return LAST.test(unit) ? 3 : 1;
}

/** Those who stand still, with what each waited for while it moved: who is frozen waits for nothing else. */
export function withWaits(still: readonly Blocker[], moving: readonly Blocker[]): readonly Blocker[] {
  const before = new Map(moving.map((one) => [keyOf(one), one]));
  return still.map((one) => {
    const { state, waitsIn, call, mount } = before.get(keyOf(one)) ?? one;
    return one.state === 'D' ? one : { ...one, state, waitsIn, call, ...(mount !== undefined && { mount }) };
  });
}

function keyOf({ pid, startTime }: Blocker): string {
  return `${pid} ${startTime}`;
}

/** The unit of the guest's systemd that a cgroup below the guest's is of; undefined: of none. */
export function unitOf(cgroup: string): string | undefined {
  return cgroup.split('/').find((name) => /\.(service|scope|mount|socket|swap)$/.test(name));
}
