import type { Device, SysfsEntry } from '../model/device.ts';
import { printable } from '../model/printable.ts';
import type { AncestorMatch, Match, Pattern } from '../model/rule.ts';
import { entryMismatch, findMismatch, type Mismatch } from './mismatch.ts';
import { isUsable } from './usable.ts';

/** A condition that does not hold, for people: `parent.attr.idVendor`, what the rule wants and what the device has. */
export interface Why {
  readonly key: string;
  readonly wanted: string;
  readonly found: string;
}

/**
 * The first condition that keeps the device from matching; undefined when it matches. For `parent` the ancestor that came
 * furthest is shown, the nearest of several.
 */
export function firstMismatch(match: Match, device: Device): Why | undefined {
  const mismatch = findMismatch(match, device);
  return mismatch && explained(mismatch, device);
}

function explained(mismatch: Mismatch, device: Device): Why {
  switch (mismatch.kind) {
    case 'value':
      return { key: mismatch.key, wanted: mismatch.wanted.join(' or '), found: foundText(mismatch.found) };
    case 'parent':
      return parentExplained(mismatch.wanted, device);
    case 'not':
      return { key: 'not', wanted: `not ${conditionsText(mismatch.unwanted)}`, found: 'all of that holds' };
  }
}

function parentExplained(wanted: AncestorMatch, device: Device): Why {
  const best = furthest(wanted, device.ancestors);
  if (!best) return { key: 'parent', wanted: conditionsText(wanted), found: 'no parent' };
  const why = explained(best, device);
  return { ...why, key: `parent.${why.key}` };
}

function furthest(wanted: AncestorMatch, ancestors: readonly SysfsEntry[]): Mismatch | undefined {
  let best: Mismatch | undefined;
  for (const ancestor of ancestors) {
    const mismatch = entryMismatch(wanted, ancestor);
    if (mismatch && (!best || heldBefore(mismatch, wanted) > heldBefore(best, wanted))) best = mismatch;
  }
  return best;
}

/** How many conditions are asked before the one that failed, in the order in which they are asked. */
function heldBefore(mismatch: Mismatch, wanted: AncestorMatch): number {
  const attrs = Object.keys(wanted.attr ?? {}).map((name) => `attr.${name}`);
  return mismatch.kind === 'value'
    ? ['subsystem', 'devtype', 'sysname', 'driver', 'port', ...attrs].indexOf(mismatch.key)
    : -1;
}

function foundText(found: string | readonly string[] | undefined): string {
  if (found === undefined || found.length === 0) return 'absent';
  const values = typeof found === 'string' ? [found] : found;
  return values.map(valueText).join(', ');
}

function valueText(value: string): string {
  if (value === '') return '(empty)';
  return isUsable(value) ? value : `${printable(value)} (control characters: never matches)`;
}

function conditionsText(match: Match): string {
  return Object.entries(match)
    .flatMap(([key, wanted]) => conditionTexts(key, wanted))
    .join(', ');
}

function conditionTexts(key: string, wanted: Pattern | object): readonly string[] {
  if (Array.isArray(wanted)) return [`${key}: ${wanted.join(' or ')}`];
  return Object.entries(wanted).flatMap(([name, inner]) => conditionTexts(`${key}.${name}`, inner));
}
