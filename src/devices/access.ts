import type { Grant } from '../model/action.ts';
import type { Access } from '../model/number.ts';

/** One more than its place here is an access as bits: r 1, w 2, m 4. */
const BY_BITS: readonly Access[] = ['r', 'w', 'rw', 'm', 'rm', 'wm', 'rwm'];

export function accessUnion(a: Access, b: Access | undefined): Access {
  return accessOf(bitsOf(a) | bitsOf(b)) ?? a;
}

/** What of `a` is not in `b`; undefined when nothing is left. */
export function accessWithout(a: Access | undefined, b: Access | undefined): Access | undefined {
  return accessOf(bitsOf(a) & ~bitsOf(b));
}

/** Each number once, with every access that it has in one of the grants. */
export function accessByNumber<One extends Grant>(grants: readonly One[]): ReadonlyMap<string, One> {
  const merged = new Map<string, One>();
  for (const one of grants) {
    merged.set(one.number, { ...one, access: accessUnion(one.access, merged.get(one.number)?.access) });
  }
  return merged;
}

/** Sorted by number. */
export function inOrder<One extends Grant>(grants: ReadonlyMap<string, One>): readonly One[] {
  return [...grants.values()].sort((a, b) => (a.number < b.number ? -1 : 1));
}

function bitsOf(access: Access | undefined): number {
  return access === undefined ? 0 : BY_BITS.indexOf(access) + 1;
}

function accessOf(bits: number): Access | undefined {
  return BY_BITS[bits - 1];
}
