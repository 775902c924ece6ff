import type { Device, SysfsEntry } from '../../src/model/device.ts';
import type { Match, Pattern } from '../../src/model/rule.ts';

/** Matching once more, written for its plainness: every glob becomes a regular expression, every key its own line. */
export function naiveMatches(match: Match, device: Device): boolean {
  const { name, number, below, tag, link, property, parent, not } = match;
  const ports = naivePort(device.devpath);
  return [
    naiveEntryMatches(match, device),
    !name || one(name, device.node?.replace('/dev/', '')),
    !number || one(number, device.number && `${device.number.type} ${device.number.major}:${device.number.minor}`),
    !below || ports.some((port) => one(below, port)),
    !tag || device.tags.some((value) => one(tag, value)),
    !link || device.links.some((value) => one(link, value)),
    !property || every(property, device.properties),
    !parent || device.ancestors.some((ancestor) => naiveEntryMatches(parent, ancestor)),
    !not || !naiveMatches(not, device),
  ].every(Boolean);
}

export function naiveGlobMatches(glob: string, text: string): boolean {
  return new RegExp(`^${expression([...glob])}$`, 'su').test(text);
}

function naiveEntryMatches(match: Match, entry: SysfsEntry): boolean {
  return [
    !match.subsystem || one(match.subsystem, entry.subsystem),
    !match.devtype || one(match.devtype, entry.devtype),
    !match.sysname || one(match.sysname, entry.sysname),
    !match.driver || one(match.driver, entry.driver),
    !match.port || one(match.port, naivePort(entry.devpath)[0]),
    !match.attr || every(match.attr, entry.attrs),
  ].every(Boolean);
}

function every(patterns: Readonly<Record<string, Pattern>>, values: Readonly<Record<string, string>>): boolean {
  return Object.entries(patterns).every(([key, pattern]) => one(pattern, new Map(Object.entries(values)).get(key)));
}

function one(pattern: Pattern, value: string | undefined): boolean {
  if (value === undefined) return false;
  const isClean = [...value].every(
    (character) => character >= ' ' && !('\u007f' <= character && character < '\u00a0') && character !== '\ufffd',
  );
  return isClean && pattern.some((glob) => naiveGlobMatches(glob, value));
}

/** The port, then the hub ports above it. */
function naivePort(devpath: string): readonly string[] {
  const parts = devpath.split('/');
  const root = parts.findIndex(
    (part, index) => /^usb[0-9]+$/.test(part) && /^[0-9]+-[1-9]/.test(parts[index + 1] ?? ''),
  );
  if (root < 0) return [];
  const rest = parts.slice(root + 1).map((part) => part.split(':')[0] ?? '');
  const other = rest.findIndex((part) => !/^[0-9]+-[1-9][0-9]*([.][1-9][0-9]*)*$/.test(part));
  return [...new Set(other < 0 ? rest : rest.slice(0, other))].reverse();
}

function expression(glob: readonly string[]): string {
  const [first, ...rest] = glob;
  if (first === undefined) return '';
  if (first === '*') return `.*${expression(rest)}`;
  if (first === '?') return `.${expression(rest)}`;
  if (first === '\\' && rest.length > 0) return escaped(rest[0]) + expression(rest.slice(1));
  const set = first === '[' ? setLength(rest) : 0;
  return set > 0
    ? setExpression(rest.slice(0, set)) + expression(rest.slice(set + 1))
    : escaped(first) + expression(rest);
}

/** How many characters of a set come before its closing bracket; 0: it is never closed. */
function setLength(rest: readonly string[]): number {
  let at = rest[0] === '!' ? 1 : 0;
  const first = at;
  for (; at < rest.length; at += 1) {
    if (rest[at] === ']' && at > first) return at;
    if (rest[at] === '\\' && at + 1 < rest.length) at += 1;
  }
  return 0;
}

function setExpression(inside: readonly string[]): string {
  const negated = inside[0] === '!';
  const members: string[] = [];
  let list: readonly string[] = inside.slice(negated ? 1 : 0);
  while (list.length > 0) {
    const [from, afterFrom] = member(list);
    const isRange = afterFrom[0] === '-' && afterFrom.length > 1;
    const [to, afterTo] = isRange ? member(afterFrom.slice(1)) : [from, afterFrom];
    if (from <= to) members.push(`${escaped(from)}-${escaped(to)}`);
    list = afterTo;
  }
  if (members.length === 0) return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${members.join('')}]`;
}

function member(list: readonly string[]): readonly [string, readonly string[]] {
  const [first = '', second] = list;
  return first === '\\' && second !== undefined ? [second, list.slice(2)] : [first, list.slice(1)];
}

function escaped(character: string | undefined): string {
  return `\\u{${character?.codePointAt(0)?.toString(16)}}`;
}
