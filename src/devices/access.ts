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

function bitsOf(access: Access | undefined): number {
  return access === undefined ? 0 : BY_BITS.indexOf(access) + 1;
}

function accessOf(bits: number): Access | undefined {
  return BY_BITS[bits - 1];
}
