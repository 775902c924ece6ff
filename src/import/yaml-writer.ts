import { printableJson } from '../model/printable.ts';
import type { Entry, List, Scalar } from './item.ts';

export interface Mapping {
  readonly [key: string]: Value;
}
export type Value = Scalar | List | Mapping;

/** YAML of a mapping whose keys are words of hostler's: one key a line, texts in quotes wherever YAML could take them for something else. */
export function writtenMapping(mapping: Mapping, indent = ''): readonly string[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    if (isMapping(value)) return [`${indent}${key}:`, ...writtenMapping(value, `${indent}  `)];
    return [`${indent}${key}: ${isList(value) ? `[${value.map(entryText).join(', ')}]` : scalarText(value)}`];
  });
}

/** The same as an entry of a list. */
export function writtenEntry(mapping: Mapping): readonly string[] {
  return writtenMapping(mapping).map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`));
}

/** An entry of a list. */
export function entryText(entry: string | Entry): string {
  if (typeof entry === 'string') return scalarText(entry);
  return `{ ${Object.entries(entry)
    .map(([key, value]) => `${key}: ${scalarText(value)}`)
    .join(', ')} }`;
}

export function isList(value: Value | undefined): value is List {
  return Array.isArray(value);
}

export function isMapping(value: Value | undefined): value is Mapping {
  return typeof value === 'object' && !isList(value);
}

// A name or an amount; `no`, `y`, `1e3` and `0x10` are quoted, though not all readers need it.
function scalarText(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[A-Za-z/][A-Za-z0-9_./-]*$|^[1-9]\d*(B|KiB|MiB|GiB|TiB|ms|s|m|h)$/.test(value);
  return isPlain && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value) ? value : printableJson(value);
}
