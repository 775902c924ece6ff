import { expect } from 'vitest';
import { assemble } from '../../src/config/assemble.ts';
import { readYaml } from '../../src/config/yaml-text.ts';
import type { Imported } from '../../src/import/import.ts';
import type { Item, TreeFile } from '../../src/import/item.ts';
import type { Config } from '../../src/model/config.ts';

/** The configuration as the agent would have it; it takes all of it. */
export function loaded({ files }: Imported): Config {
  const documents = files.map(({ path, kind, text }) => ({ file: path, kind, parsed: readYaml(text) }));
  const found = assemble({ documents, problems: [] }, { knownGuests: [] });
  expect(found.problems).toEqual([]);
  if (!found.ok) throw new Error('not taken');
  return found.config;
}

/** What became of the value of this key, `taken: 5000 pages ...`. */
export function fateOf({ lines }: Imported, key: string): string {
  return lines.flatMap((line) => (line.key === key ? `${line.verdict.fate}: ${line.verdict.how}` : [])).join('\n');
}

/** Files by their path below the folder that is imported. */
export function tree(files: Readonly<Record<string, string>>): readonly TreeFile[] {
  return Object.entries(files).map(([below, text]) => ({
    path: `/from/${below}`,
    real: `/from/${below}`,
    below,
    text,
  }));
}

/** Of each guest those that are started before it, as `db1 < web1`. */
export function startedBefore({ guests }: Config): readonly string[] {
  const after = new Map(guests.map(({ guest, start }) => [guest, start?.after ?? []]));
  const before = (guest: string): readonly string[] =>
    (after.get(guest) ?? []).flatMap((other) => [other, ...before(other)]);
  return [...after.keys()].flatMap((guest) => [...new Set(before(guest))].map((other) => `${other} < ${guest}`)).sort();
}

export function spots(items: readonly Item[]): readonly string[] {
  return items.map(({ file, line, value }) => `${file}:${line}: ${value}`).sort();
}
