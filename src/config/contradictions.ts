import type { z } from 'zod';
import { isMapping } from './is-mapping.ts';
import { hostLinkGlob } from './link-text.ts';
import { quote } from './quote.ts';

const params = { code: 'E_CONFIG_CONFLICT' };
/** Each is compared with each; longer lists are refused as such. */
const MOST_LINKS = 256;

/** What two keys of one rule cannot say together. Sees rules with other mistakes, too, so nothing has its type yet. */
export function addContradictions(rule: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const path = isMapping(rule.node) ? rule.node.path : undefined;
  const links = Array.isArray(rule.links) ? rule.links.slice(0, MOST_LINKS) : [];
  if (rule.take === 'all') addCrowds('"take: all" would put several devices', path, links, context);
  if (rule.take === 'whole') addCrowds('"take: whole" would put all parts of a device', path, links, context);
  addEntangled(path, links, context);
}

function addCrowds(what: string, path: unknown, links: readonly unknown[], context: z.RefinementCtx): void {
  const message = `${what} in this one place; leave it out, or take one`;
  if (path !== undefined) context.addIssue({ code: 'custom', params, message, path: ['node', 'path'] });
  if (links.some(isPath)) context.addIssue({ code: 'custom', params, message, path: ['links'] });
}

function isPath(link: unknown): boolean {
  return typeof link === 'string' && hostLinkGlob(link) === undefined;
}

/** A path cannot be a link or node and at the same time the folder of another one. */
function addEntangled(path: unknown, links: readonly unknown[], context: z.RefinementCtx): void {
  const places = [path, ...links];
  for (const [index, link] of links.entries()) {
    const other = places.slice(0, index + 1).find((place) => isSameOrNested(place, link));
    if (typeof other !== 'string' || (other === link && other !== path)) continue;
    const message = `is in the way of ${quote(other)}; write a path that is neither the same nor below it nor above it`;
    context.addIssue({ code: 'custom', params, message, path: ['links', index] });
  }
}

function isSameOrNested(one: unknown, other: unknown): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return false;
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}
