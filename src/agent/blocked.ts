import { withoutBroken } from '../devices/group.ts';
import type { Action } from '../model/action.ts';
import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';
import { numberText } from '../model/number.ts';
import type { Blocked } from './world.ts';

/** A plan ends at its first failure: what cannot be made is left out for a while, or it would keep everything behind it away. */
export function blockAfter(action: Action | undefined, refusal: Refusal, until: number): readonly Blocked[] {
  switch (action?.verb) {
    case 'make-folder':
    case 'make-node':
    case 'make-link':
      return [{ what: action.path, until, refusal }];
    case 'grant':
      return [{ what: action.number, until, refusal }];
    default:
      return [];
  }
}

/** The nodes and links that are not at or below a blocked name, and whose number is not blocked; a node takes its group along. */
export function withoutBlocked(guest: string, nodes: readonly DesiredNode[], blocked: readonly Blocked[]) {
  if (blocked.length === 0) return { nodes, refusals: [] };
  const isFree = (path: string) => !blocked.some(({ what }) => path === what || path.startsWith(`${what}/`));
  const isMissing = ({ path, number }: DesiredNode) => !isFree(path) || !isFree(numberText(number));
  const missing = new Set(nodes.filter(isMissing));
  const standing = withoutBroken(guest, nodes, missing);
  const left = standing.nodes.filter((node) => !missing.has(node));
  return { ...standing, nodes: left.map((node) => ({ ...node, links: node.links.filter(isFree) })) };
}
