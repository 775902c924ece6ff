import { printableJson } from '../model/printable.ts';
import type { Line, RuleDraft, Setting, SourceFile } from './item.ts';
import { policyNames, ruleName } from './names.ts';
import { isList, isMapping, type Mapping, type Value, writtenEntry, writtenMapping } from './yaml-writer.ts';

/** A file of a configuration, and which lines of the source have a part in it. */
export interface WrittenFile extends SourceFile {
  readonly kind: Setting['kind'];
  readonly parts: readonly Part[];
}

/** What one line of the source put there. */
export interface Part {
  readonly line: Line;
  readonly setting: Setting;
  /** Of a list of rules its place first: `[2]`, `['memory', 'rss', 'limit']`. */
  readonly path: readonly (string | number)[];
}

/** Where it goes. */
export interface Target {
  /** The file of rules/ that the rules of all guests are in. */
  readonly rulesFile: string;
  /** What runs all of the guests, where that is known. */
  readonly runtime?: 'lxc';
}

/** The configuration that the lines make: a file for each guest, one for each policy, and one with all rules. */
export function writtenFiles(
  guests: readonly string[],
  lines: readonly Line[],
  { rulesFile, runtime }: Target,
): readonly WrittenFile[] {
  const names = policyNames(guests);
  const byGuest = Map.groupBy(lines, ({ guest }) => guest);
  const files = guests.flatMap((guest) => {
    const own = byGuest.get(guest) ?? [];
    const policy = names.get(guest) ?? guest;
    const settings = partsOf(own, 'policies');
    const first: Mapping = { guest, ...(runtime && { runtime }), ...(settings.length > 0 && { policy }) };
    const policyFile = { path: `policies/${policy}.yaml`, kind: 'policies', parts: settings } as const;
    const parts = partsOf(own, 'guests');
    const files: readonly WrittenFile[] = [
      { path: `guests/${guest}.yaml`, kind: 'guests', parts, text: text(guest, own, first, parts) },
      ...(settings.length > 0 ? [{ ...policyFile, text: text(guest, own, { policy }, settings) }] : []),
    ];
    return files;
  });
  return [...files, ...writtenRules(lines, rulesFile)];
}

// Several lines may each add an entry to one list.
function partsOf(lines: readonly Line[], kind: 'guests' | 'policies'): readonly Part[] {
  const entries = new Map<string, number>();
  return lines.flatMap((line) =>
    line.verdict.settings.flatMap((setting): readonly Part[] => {
      if (setting.kind !== kind) return [];
      if (typeof setting.value !== 'object') return [{ line, setting, path: setting.path }];
      const list = setting.path.join('.');
      const entry = entries.get(list) ?? 0;
      entries.set(list, entry + setting.value.length);
      return [{ line, setting, path: [...setting.path, entry] }];
    }),
  );
}

function text(guest: string, lines: readonly Line[], first: Mapping, parts: readonly Part[]): string {
  const values = parts.reduce<Mapping>((mapping, { setting }) => {
    return setting.kind === 'rules' ? mapping : withValue(mapping, setting.path, setting.value);
  }, first);
  return [header(`guest ${guest}`, lines), ...writtenMapping(values), ''].join('\n');
}

function header(what: string, lines: readonly Line[]): string {
  const files = new Set(lines.map(({ file }) => printableJson(file)));
  const [first = 'an empty file'] = files;
  return `# Of ${what}, imported from ${first}${files.size > 1 ? ` and ${files.size - 1} more` : ''}.`;
}

function withValue(mapping: Mapping, [key = '', ...inner]: readonly string[], value: Value): Mapping {
  const below = mapping[key];
  if (inner.length === 0) return { ...mapping, [key]: isList(value) && isList(below) ? [...below, ...value] : value };
  return { ...mapping, [key]: withValue(isMapping(below) ? below : {}, inner, value) };
}

interface Wish {
  readonly line: Line;
  readonly setting: Setting;
  readonly rule: RuleDraft;
}

function writtenRules(lines: readonly Line[], path: string): readonly WrittenFile[] {
  const wishes = lines.flatMap((line) =>
    line.verdict.settings.flatMap((setting) =>
      setting.kind === 'rules' ? [{ line, setting, rule: setting.rule }] : [],
    ),
  );
  const rules = [...Map.groupBy(wishes, ({ rule }) => JSON.stringify(rule)).values()].flatMap(ofSoManyGuests);
  if (rules.length === 0) return [];
  const given = new Set<string>();
  const entries = rules.flatMap((wanted) => entryOf(wanted, given));
  const parts = rules.flatMap((wanted, at) => wanted.map(({ line, setting }) => ({ line, setting, path: [at] })));
  return [{ path, kind: 'rules', parts, text: [header('all guests', lines), ...entries, ''].join('\n') }];
}

/** What one rule names at most. */
const MOST_GUESTS = 256;

// In parts of one size: a rule with one guest would keep the others from its device.
function ofSoManyGuests(wanted: readonly Wish[]): readonly (readonly Wish[])[] {
  const guests = [...new Set(wanted.map(({ line }) => line.guest))];
  const rules = Math.ceil(guests.length / MOST_GUESTS);
  const places = new Map(guests.map((guest, at) => [guest, at % rules]));
  return [...Map.groupBy(wanted, ({ line }) => places.get(line.guest)).values()];
}

function entryOf(wanted: readonly Wish[], given: Set<string>): readonly string[] {
  const [first] = wanted;
  if (first === undefined) return [];
  const { match, take, access, path } = first.rule;
  const guests = [...new Set(wanted.map(({ line }) => line.guest))];
  return writtenEntry({
    rule: ruleName(first.line.guest, first.rule, given),
    match: { ...match },
    guest: guests.length === 1 ? first.line.guest : guests,
    ...(take === 'all' && { take }),
    access,
    ...(path !== undefined && { node: { path } }),
  });
}
