import type { Ownership } from '../model/node.ts';

/** Mode and owner as the guest counts: `0660`, `0:20`. */
export function ownerText(ownership: Ownership | undefined): readonly [string, string] {
  if (!ownership) return ['-', '-'];
  return [ownership.mode.toString(8).padStart(4, '0'), `${ownership.uid}:${ownership.gid}`];
}
