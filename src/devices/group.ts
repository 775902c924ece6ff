import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';

/** What is left of some nodes when those that cannot be there have taken their groups along. */
export interface Standing {
  readonly nodes: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
}

/** The key of a node's group among the nodes of one guest; a node of a rule that takes one device is in none. */
export function groupKey({ rule, group }: DesiredNode): string | undefined {
  return group && `${rule} ${group.root}`;
}

/** Takes away the groups that cannot be whole. A missing node that is alone is left to whoever knows why it is missing. */
export function withoutBroken(
  guest: string,
  nodes: readonly DesiredNode[],
  missing: ReadonlySet<DesiredNode>,
): Standing {
  if (missing.size === 0) return { nodes, refusals: [] };
  const groups = Map.groupBy<string | DesiredNode, DesiredNode>(nodes, (node) => groupKey(node) ?? node);
  const broken = [...groups.values()].filter((group) => group.length > 1 && group.some((node) => missing.has(node)));
  const fallen = new Set(broken.flat());
  return {
    nodes: nodes.filter((node) => !fallen.has(node)),
    refusals: broken.flatMap((group) => told(guest, group, missing)),
  };
}

// Where every node is missing, each is told of already.
function told(guest: string, nodes: readonly DesiredNode[], missing: ReadonlySet<DesiredNode>): readonly Refusal[] {
  const absent = nodes.filter((node) => missing.has(node)).map(({ path }) => path);
  const [first] = nodes;
  if (first?.group === undefined || absent.length === nodes.length) return [];
  const detail = `${first.group.text} comes whole or not at all, and cannot have ${absent.sort().join(', ')}`;
  return [{ code: 'E_INCOMPLETE', subject: `${guest}:${first.rule}`, detail, rule: first.rule }];
}
