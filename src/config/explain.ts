import type { z } from 'zod';
import type { ConfigCode } from '../model/config-code.ts';
import { nearest } from '../model/nearest.ts';
import { numberProblem, oddity } from './number-text.ts';
import { modeDigits } from './ownership.ts';
import { type Complaint, keyPosition, type Path, type Position, type Spots, spotKey, spotOf } from './parsed.ts';
import { quote } from './quote.ts';
import { type CustomParams, isAmount } from './schema-parts.ts';

type Issue = z.core.$ZodIssue;

/** A file's data and where each value was written. */
interface Written {
  readonly data: unknown;
  readonly spots: Spots;
}

/** A sentence for each thing that a schema finds wrong. The messages of issues are what schema-parts.ts put there. */
export function explain(issues: readonly Issue[], written: Written): readonly Complaint[] {
  return issues.flatMap((issue) => explainIssue(issue, issue.path.map(toKey), written));
}

function explainIssue(issue: Issue, path: Path, written: Written): readonly Complaint[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, issue.message.split(', '), written));
    case 'invalid_union':
      return explainUnion(issue, path, written);
    case 'invalid_key':
      return issue.issues.map((inner) =>
        complain(keyPosition(spotOf(written.spots, path)), 'E_CONFIG_KEY', inner.message),
      );
    case 'invalid_value':
      return [unknownWord(issue.message.split(', '), path, written)];
    case 'too_small':
      return [emptyList(issue.message, path, written)];
    case 'too_big':
      return [
        complain(
          spotOf(written.spots, path).value,
          'E_CONFIG_VALUE',
          `${label(path)} is too long a list; write ${issue.message}, or a glob`,
        ),
      ];
    case 'custom':
      return [custom(issue, path, written)];
    case 'invalid_type':
      return [(issue.expected === 'string' ? unquoted : wrongType)(issue.message, path, written)];
    default:
      return [wrongType(issue.message, path, written)];
  }
}

/** What was meant is the branch that has the type of the value; where none has, no branch says more than the union. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, written: Written): readonly Complaint[] {
  const meant = issue.errors.find(
    (inner) => !inner.some(({ code, path: at }) => code === 'invalid_type' && at.length === 0),
  );
  if (!meant) return [unquoted(issue.message, path, written)];
  return meant.flatMap((inner) => explainIssue(inner, [...path, ...inner.path.map(toKey)], written));
}

/** Keys that are often written one level too high. */
const homes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['path', 'mode', 'owner', 'group'].map((key) => [key, 'node'])),
  ...Object.fromEntries(
    ['subsystem', 'devtype', 'name', 'sysname', 'driver', 'port', 'number'].map((key) => [key, 'match']),
  ),
  ...Object.fromEntries(['property', 'attr', 'parent', 'below', 'link', 'tag', 'not'].map((key) => [key, 'match'])),
  ...Object.fromEntries(['idVendor', 'idProduct', 'serial'].map((key) => [key, 'attr'])),
  ...Object.fromEntries(['auto', 'marks', 'after', 'ready', 'late'].map((key) => [key, 'start'])),
  ...Object.fromEntries(['before', 'halt'].map((key) => [key, 'stop'])),
  ...Object.fromEntries(['crash', 'reboot'].map((key) => [key, 'restart'])),
};

function unknownKey(key: string, path: Path, known: readonly string[], { spots }: Written): Complaint {
  const home = Object.hasOwn(homes, key) ? homes[key] : undefined;
  const guess = nearest(key, known);
  const remedy =
    home !== undefined && known.includes(home)
      ? `write it under ${quote(home)}`
      : `${guess === undefined ? '' : `did you mean ${quote(guess)}? `}known here: ${known.join(', ')}`;
  const says = `unknown key ${quote(key)}${inside(path)}; ${remedy}`;
  return complain(keyPosition(spotOf(spots, [...path, key])), 'E_CONFIG_KEY', says);
}

function emptyList(right: string, path: Path, { spots }: Written): Complaint {
  return complain(spotOf(spots, path).value, 'E_CONFIG_VALUE', `${label(path)} is an empty list; write ${right}`);
}

/** What a check of ours found, by what it told besides: the bounds of a number, or a code. */
function custom({ message, params }: z.core.$ZodIssueCustom, path: Path, { data, spots }: Written): Complaint {
  const { value, source = '' } = spotOf(spots, path);
  const { code = 'E_CONFIG_VALUE', least, most } = (params ?? {}) as CustomParams;
  const why =
    least === undefined ? undefined : numberProblem(Number(valueAt(data, path)), source, least, most ?? least);
  return complain(value, code, `${label(path)}: ${why === undefined ? '' : `${why}; `}${message}`);
}

function unknownWord(words: readonly string[], path: Path, written: Written): Complaint {
  const value = valueAt(written.data, path);
  if (typeof value !== 'string') return wrongType(choices(words), path, written);
  const guess = nearest(value, words);
  const remedy = `${guess === undefined ? '' : `did you mean ${guess}? `}write ${choices(words)}`;
  const says = `${label(path)}: ${quote(value)} is unknown; ${remedy}`;
  return complain(spotOf(written.spots, path).value, 'E_CONFIG_VALUE', says);
}

/** Neither a word of the list nor text at all, or the other way round; `right` is what to write instead. */
function wrongType(right: string, path: Path, { data, spots }: Written): Complaint {
  const spot = spotOf(spots, path);
  const name = label(path);
  if (!spots.has(spotKey(path))) return complain(spot.value, 'E_CONFIG_MISSING', `${name} is missing; write ${right}`);
  const value = valueAt(data, path);
  if (value === null) return complain(spot.value, 'E_CONFIG_MISSING', `${name} is empty; write ${right}`);
  return complain(spot.value, 'E_CONFIG_TYPE', `${name} cannot be ${kindOf(value)}; write ${right}`);
}

/** A number or boolean where text is wanted: what YAML made of it, and how to write it so that it stays text. */
function unquoted(right: string, path: Path, written: Written): Complaint {
  const spot = spotOf(written.spots, path);
  const value = valueAt(written.data, path);
  const isScalar = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
  if (!isScalar || spot.source === undefined) return wrongType(right, path, written);
  if (typeof value !== 'boolean' && isAmount(right)) {
    const why = oddity(spot.source) ?? 'has no unit';
    return complain(spot.value, 'E_CONFIG_NUMBER', `${label(path)}: ${spot.source} ${why}; write ${right}`);
  }
  const meant = (path.at(-1) === 'mode' ? modeDigits(spot.source) : undefined) ?? spot.source;
  const says = `${label(path)}: YAML reads ${spot.source} as the ${typeof value} ${value}; write it in quotes, "${meant}"`;
  return complain(spot.value, 'E_CONFIG_TYPE', says);
}

function complain({ line, column }: Position, code: ConfigCode, says: string): Complaint {
  return { line, column, code, says };
}

/** `match.attr.idVendor`; list positions are left out, the place tells them. */
export function label(path: Path): string {
  const keys = path.filter((part) => typeof part === 'string').join('.');
  if (keys === '') return path.length === 0 ? 'the file' : 'a rule';
  return typeof path.at(-1) === 'number' ? `an entry of ${keys}` : keys;
}

function inside(path: Path): string {
  const keys = path.filter((part) => typeof part === 'string').join('.');
  return keys === '' ? '' : ` in ${keys}`;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return value;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `the text ${quote(value)}` : `the ${typeof value} ${value}`;
}

/** `keep, warn, term or kill` */
function choices(words: readonly string[]): string {
  return words.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}

function toKey(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : String(key);
}
