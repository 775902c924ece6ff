import { withoutBroken } from '../devices/group.ts';
import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';
import { numberText } from '../model/number.ts';
import type { GuestRecord } from './world.ts';

/** What may be in a guest of some nodes, and what waits for the kernel to honour its permission. */
interface Honoured {
  readonly nodes: readonly DesiredNode[];
  /** Granted all the same, so that it can be tried. */
  readonly withheld: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
}

/** The nodes without those whose number was granted and the guest may not open; a node takes its group along. */
export function withoutDenied(
  { guest, denied }: Pick<GuestRecord, 'guest' | 'denied'>,
  nodes: readonly DesiredNode[],
): Honoured {
  const withheld = nodes.filter(({ number }) => denied.has(numberText(number)));
  const missing = new Set(withheld);
  const standing = withoutBroken(guest.name, nodes, missing);
  const reasons = new Set(withheld.flatMap(({ number }) => denied.get(numberText(number)) ?? []));
  return {
    nodes: standing.nodes.filter((node) => !missing.has(node)),
    withheld,
    refusals: [...reasons, ...standing.refusals],
  };
}
