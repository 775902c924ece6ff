import type { z } from 'zod';
import { quote } from './quote.ts';
import { isMapping } from './schema-parts.ts';

/** What two keys of one rule cannot say together. Sees rules with other mistakes, too, so nothing has its type yet. */
export function addContradictions(rule: unknown, context: z.RefinementCtx): void {
  if (!isMapping(rule)) return;
  const path = isMapping(rule.node) ? rule.node.path : undefined;
  const links = Array.isArray(rule.links) ? rule.links : [];
  if (rule.take === 'all') addCrowds(path, links, context);
  addEntangled(path, links, context);
}

function addCrowds(path: unknown, links: readonly unknown[], context: z.RefinementCtx): void {
  const message = '"take: all" would put several devices in this one place; leave it out, or take one';
  if (path !== undefined) context.addIssue({ code: 'custom', message, path: ['node', 'path'] });
  if (links.length > 0) context.addIssue({ code: 'custom', message, path: ['links'] });
}

/** A path cannot be a link or node and at the same time the folder of another one. */
function addEntangled(path: unknown, links: readonly unknown[], context: z.RefinementCtx): void {
  const places = [path, ...links];
  for (const [index, link] of links.entries()) {
    const other = places.slice(0, index + 1).find((place) => isSameOrNested(place, link));
    if (typeof other !== 'string' || (other === link && other !== path)) continue;
    const message = `is in the way of ${quote(other)}; write a path that is neither the same nor below it nor above it`;
    context.addIssue({ code: 'custom', message, path: ['links', index] });
  }
}

function isSameOrNested(one: unknown, other: unknown): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return false;
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}
