import { basename, extname } from 'node:path';
import type { Problem } from '../model/config.ts';
import { nearest } from '../model/nearest.ts';
import type { Place } from '../model/rule.ts';
import type { Document } from './documents.ts';
import { guestNameProblem } from './guest-name.ts';
import { isMapping } from './is-mapping.ts';
import { type Path, spotOf } from './parsed.ts';
import { quote } from './quote.ts';
import type { Kind } from './sources.ts';

/** A name and where it is written. */
export interface Mention {
  readonly name: string;
  readonly place: Place;
}

/** Rules, guests or policies that have the name of another, and both places. Files with other mistakes count, too. */
export function repeatedNames(documents: readonly Document[]): readonly Problem[] {
  return [
    ...repeated('rule', ruleNames(documents)),
    ...repeated('guest', guestNames(documents)),
    ...repeated('policy', policyNames(documents)),
  ];
}

/** Guests that are waited for, or named in rules without wildcards, and that are neither on the host nor in guests/. */
export function unknownGuests(documents: readonly Document[], onHost: readonly string[]): readonly Problem[] {
  const known = new Set([...onHost, ...guestNames(documents).map(({ name }) => name)]);
  const mentions = [
    ...guestsInRules(documents).map((one) => ({ ...one, key: 'guest' })),
    ...waits(documents).map((one) => ({ ...one, key: 'start.after' })),
  ];
  const wanted = mentions.filter(({ name }) => guestNameProblem(name) === undefined && !known.has(name));
  return wanted.map(({ name, place, key }) => {
    const guess = nearest(name, [...known]);
    const remedy = guess === undefined ? '' : `did you mean ${quote(guess)}? `;
    const says = `${key}: no guest ${quote(name)} is on this host or in guests/; ${remedy}create it, or write guests/${name}.yaml for one that is to come`;
    return { place, code: 'E_CONFIG_NAME', says };
  });
}

/** Files of guests that are not on the host: they may be to come, or be misspelt, which nobody would notice. */
export function absentGuests(documents: readonly Document[], onHost: readonly string[]): readonly Problem[] {
  const written = guestNames(documents).filter(({ name }) => guestNameProblem(name) === undefined);
  const names = new Set(written.map(({ name }) => name));
  const others = onHost.filter((name) => !names.has(name));
  const absent = written.filter(({ name }) => !onHost.includes(name));
  return absent.map(({ name, place }) => {
    const guess = nearest(name, others);
    const meant = guess === undefined ? '' : `did you mean ${quote(guess)}? `;
    const says = `no guest ${quote(name)} is on this host; ${meant}until it is there nothing is done for it`;
    return { place, code: 'W_CONFIG_NAME', says };
  });
}

/** What is wrong with the folder of lxcPath, where that is written. */
export function aboutLxcPath(documents: readonly Document[], problem: Problem | undefined): readonly Problem[] {
  if (problem === undefined) return [];
  const [written] = documents.flatMap((document) => textOf(document, 'settings', 'lxcPath'));
  return [{ ...problem, place: written?.place ?? problem.place }];
}

/** Policies that guests name and that are not in policies/. */
export function unknownPolicies(documents: readonly Document[]): readonly Problem[] {
  const known = policyNames(documents).map(({ name }) => name);
  const wanted = documents.flatMap((document) => textOf(document, 'guests', 'policy'));
  return wanted.flatMap(({ name, place }) => {
    if (known.includes(name)) return [];
    const guess = nearest(name, known);
    const remedy = guess === undefined ? '' : `did you mean ${quote(guess)}? `;
    const says = `policy: no policy ${quote(name)} is in policies/; ${remedy}write policies/${name}.yaml`;
    return [{ place, code: 'E_CONFIG_NAME', says }];
  });
}

/** Files that are not named after their guest or policy: right, but nobody finds them. */
export function misnamedFiles(documents: readonly Document[]): readonly Problem[] {
  return [...misnamed('guest', guestNames(documents)), ...misnamed('policy', policyNames(documents))];
}

function misnamed(what: string, mentions: readonly Mention[]): readonly Problem[] {
  const others = mentions.filter(({ name, place }) => basename(place.file, extname(place.file)) !== name);
  return others.map(({ name, place }) => ({
    place,
    code: 'W_CONFIG_NAME',
    says: `the file of ${what} ${quote(name)}; better named ${name}.yaml`,
  }));
}

function repeated(what: string, mentions: readonly Mention[]): readonly Problem[] {
  const first = new Map<string, Place>();
  return mentions.flatMap(({ name, place }) => {
    const before = first.get(name);
    if (!before) first.set(name, place);
    if (!before) return [];
    const where = `${before.file}:${before.line}:${before.column}`;
    const remedy = what === 'rule' ? 'give one of them another name' : 'keep one of the two files';
    const says = `the ${what} ${quote(name)} is here a second time, first at ${where}; ${remedy}`;
    return [{ place, code: 'E_CONFIG_NAME', says }];
  });
}

function ruleNames(documents: readonly Document[]): readonly Mention[] {
  return documents.flatMap((document) =>
    rulesOf(document).flatMap((rule, at) => (isMapping(rule) ? mention(document, rule.rule, [at, 'rule']) : [])),
  );
}

function guestNames(documents: readonly Document[]): readonly Mention[] {
  return documents.flatMap((document) => textOf(document, 'guests', 'guest'));
}

function policyNames(documents: readonly Document[]): readonly Mention[] {
  return documents.flatMap((document) => textOf(document, 'policies', 'policy'));
}

function textOf(document: Document, kind: Kind, key: string): readonly Mention[] {
  const { data } = document.parsed;
  return document.kind === kind && isMapping(data) ? mention(document, data[key], [key]) : [];
}

function guestsInRules(documents: readonly Document[]): readonly Mention[] {
  return documents.flatMap((document) =>
    rulesOf(document).flatMap((rule, at) => {
      const guest = isMapping(rule) ? rule.guest : undefined;
      if (!Array.isArray(guest)) return mention(document, guest, [at, 'guest']);
      return guest.flatMap((name, entry) => mention(document, name, [at, 'guest', entry]));
    }),
  );
}

/** `name`: the guest that `waits` does not start before. */
export interface Wait extends Mention {
  readonly waits: string;
}

/** What files of guests say in start.after. */
export function waits(documents: readonly Document[]): readonly Wait[] {
  return documents.flatMap((document) =>
    textOf(document, 'guests', 'guest').flatMap(({ name: waiting }) =>
      afterOf(document).flatMap((name, at) =>
        mention(document, name, ['start', 'after', at]).map((one) => ({ ...one, waits: waiting })),
      ),
    ),
  );
}

function afterOf({ parsed: { data } }: Document): readonly unknown[] {
  const start = isMapping(data) ? data.start : undefined;
  const after = isMapping(start) ? start.after : undefined;
  return Array.isArray(after) ? after : [];
}

function rulesOf({ kind, parsed }: Document): readonly unknown[] {
  return kind === 'rules' && Array.isArray(parsed.data) ? parsed.data : [];
}

function mention({ file, parsed }: Document, name: unknown, path: Path): readonly Mention[] {
  return typeof name === 'string' ? [{ name, place: { file, ...spotOf(parsed.spots, path).value } }] : [];
}
