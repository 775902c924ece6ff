import type { Action } from '../model/action.ts';
import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';
import type { Blocked } from './world.ts';

/** A plan ends at its first failure: what cannot be made is left out for a while, or it would keep everything behind it away. */
export function blockAfter(action: Action | undefined, refusal: Refusal, until: number): readonly Blocked[] {
  switch (action?.verb) {
    case 'make-folder':
    case 'make-node':
    case 'make-link':
      return [{ path: action.path, until, refusal }];
    default:
      return [];
  }
}

/** The nodes and links that are not at or below a blocked name. */
export function withoutBlocked(nodes: readonly DesiredNode[], blocked: readonly Blocked[]): readonly DesiredNode[] {
  if (blocked.length === 0) return nodes;
  const isFree = (path: string) => !blocked.some((one) => path === one.path || path.startsWith(`${one.path}/`));
  return nodes.filter(({ path }) => isFree(path)).map((node) => ({ ...node, links: node.links.filter(isFree) }));
}
