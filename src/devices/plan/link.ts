import type { OwnedLink } from '../../model/node.ts';
import { correct } from './corrections.ts';
import type { NodePart } from './node.ts';
import { obstacleTo } from './obstacle.ts';
import { correctingPart, type Part } from './part.ts';
import type { Scene } from './scene.ts';

export interface LinkPart extends Part {
  /** In the ledger afterwards; absent: nothing there is ours. */
  readonly owned?: OwnedLink;
}

/** What to do for the links of one node. Links of a node that is not there are left as they are. */
export function planLinks({ desired, there }: NodePart, scene: Scene): readonly LinkPart[] {
  return desired.links.map((path) => planLink({ path, target: desired.path }, there, scene));
}

function planLink(link: OwnedLink, nodeIsThere: boolean, scene: Scene): LinkPart {
  const { path, target } = link;
  const isOurs = scene.ledger.links.some((one) => one.path === path && one.target === target);
  const asItIs = { path, ...(isOurs && { owned: link }) };
  const obstacle = obstacleTo('link', path, scene);
  if (obstacle) return { ...asItIs, refusal: obstacle };
  if (!nodeIsThere) return asItIs;
  const entry = scene.entryAt(path);
  if (entry.kind === 'link' && entry.target === target) return { path, owned: link };
  const action = { verb: 'make-link', path, target } as const;
  if (!isOurs) return { path, owned: link, action };
  return { ...correctingPart(path, action, correct(path, scene)), owned: link };
}
