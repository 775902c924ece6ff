import type { OwnedNode } from '../model/ledger.ts';
import type { DesiredNode, OwnedLink } from '../model/node.ts';
import { type NumberText, numberText } from '../model/number.ts';

/** A node of a guest is its path with its number: under another number it is another node. */
export type NodeKey = `${string} ${NumberText}`;

export function keyOf({ path, number }: Pick<OwnedNode, 'path' | 'number'>): NodeKey {
  return `${path} ${number}`;
}

export function keyOfDesired({ path, number }: DesiredNode): NodeKey {
  return `${path} ${numberText(number)}`;
}

/** A link is its path with its target. */
export function linkKey({ path, target }: OwnedLink): string {
  return `${path} ${target}`;
}

/** Which plugging of which device a node is, by which rule. */
export function plugKey(node: Pick<OwnedNode, 'rule' | 'device'>, key: NodeKey): string {
  return `${node.rule} ${node.device} ${key}`;
}
