import type { Blocker } from '../model/stop.ts';

/** So many are kept and told, those first that cannot be killed. */
export const BLOCKERS_MAX = 32;

/** Those who stand still, with what each waited for while it moved: who is frozen waits for nothing else. */
export function withWaits(still: readonly Blocker[], moving: readonly Blocker[]): readonly Blocker[] {
  const before = new Map(moving.map((one) => [keyOf(one), one]));
  return still.map((one) => {
    const { state, waitsIn, call } = before.get(keyOf(one)) ?? one;
    return one.state === 'D' ? one : { ...one, state, waitsIn, call };
  });
}

function keyOf({ pid, startTime }: Blocker): string {
  return `${pid} ${startTime}`;
}

/** The unit of the guest's systemd that a cgroup below the guest's is of; undefined: of none. */
export function unitOf(cgroup: string): string | undefined {
  return cgroup.split('/').find((name) => /\.(service|scope)$/.test(name));
}
