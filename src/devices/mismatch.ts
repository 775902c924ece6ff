import type { Device, SysfsEntry } from '../model/device.ts';
import { anyGlobMatches } from '../model/glob-match.ts';
import type { AncestorMatch, Match, Pattern } from '../model/rule.ts';
import { portOf, portsUpward } from './port.ts';
import { isUsable } from './usable.ts';

type Found = string | readonly string[] | undefined;

/** The first condition that does not hold. */
export type Mismatch =
  | { readonly kind: 'value'; readonly key: string; readonly wanted: Pattern; readonly found: Found }
  | { readonly kind: 'parent'; readonly wanted: AncestorMatch }
  | { readonly kind: 'not'; readonly unwanted: Match };

/**
 * Matching is that there is no mismatch. Conditions are asked in one order, cheap ones first; an absent value matches
 * nothing, not even `*`.
 */
export function findMismatch(match: Match, device: Device): Mismatch | undefined {
  return (
    entryMismatch(match, device) ??
    (match.name && wants('name', match.name, nameOf(device))) ??
    (match.number && wants('number', match.number, numberOf(device))) ??
    (match.below && wants('below', match.below, portsAbove(device))) ??
    (match.tag && wants('tag', match.tag, device.tags)) ??
    (match.link && wants('link', match.link, device.links)) ??
    (match.property && wantsEach('property', match.property, device.properties)) ??
    (match.parent && parentMismatch(match.parent, device.ancestors)) ??
    (match.not && notMismatch(match.not, device))
  );
}

/** The conditions that a device and an ancestor share. */
export function entryMismatch(match: AncestorMatch, entry: SysfsEntry): Mismatch | undefined {
  return (
    (match.subsystem && wants('subsystem', match.subsystem, entry.subsystem)) ??
    (match.devtype && wants('devtype', match.devtype, entry.devtype)) ??
    (match.sysname && wants('sysname', match.sysname, entry.sysname)) ??
    (match.driver && wants('driver', match.driver, entry.driver)) ??
    (match.port && wants('port', match.port, portOf(entry.devpath))) ??
    (match.attr && wantsEach('attr', match.attr, entry.attrs))
  );
}

function parentMismatch(wanted: AncestorMatch, ancestors: readonly SysfsEntry[]): Mismatch | undefined {
  for (const ancestor of ancestors) if (!entryMismatch(wanted, ancestor)) return undefined;
  return { kind: 'parent', wanted };
}

function notMismatch(unwanted: Match, device: Device): Mismatch | undefined {
  return findMismatch(unwanted, device) ? undefined : { kind: 'not', unwanted };
}

function wantsEach(
  group: string,
  patterns: Readonly<Record<string, Pattern>>,
  values: Readonly<Record<string, string>>,
): Mismatch | undefined {
  for (const name of Object.keys(patterns)) {
    const wanted = patterns[name] ?? [];
    const found = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!holds(wanted, found)) return { kind: 'value', key: `${group}.${name}`, wanted, found };
  }
  return undefined;
}

function wants(key: string, wanted: Pattern, found: Found): Mismatch | undefined {
  return holds(wanted, found) ? undefined : { kind: 'value', key, wanted, found };
}

function holds(wanted: Pattern, found: Found): boolean {
  if (found === undefined) return false;
  if (typeof found === 'string') return anyGlobMatches(wanted, found) && isUsable(found);
  return found.some((value) => anyGlobMatches(wanted, value) && isUsable(value));
}

function nameOf(device: Device): string | undefined {
  return device.node?.startsWith('/dev/') ? device.node.slice('/dev/'.length) : undefined;
}

function numberOf(device: Device): string | undefined {
  const number = device.number;
  return number && `${number.type} ${number.major}:${number.minor}`;
}

function portsAbove(device: Device): Found {
  const port = portOf(device.devpath);
  return port === undefined ? undefined : portsUpward(port);
}
