import { guestNameProblem } from '../config/guest-name.ts';
import type { Inconsistency } from '../limits/beancounters.ts';
import { contended } from './contended.ts';
import type { Target, WrittenFile } from './files.ts';
import type { Item, Line, Source, SourceGuest, Verdict } from './item.ts';
import { settle } from './settle.ts';
import { decide, LINK, none, notRead, unknown, type Verdicts } from './verdict.ts';

/** What one of the systems is to those who import it. */
export interface System extends Target {
  /** Of one of all guests; those of no item are unknown. */
  readonly verdicts: (all: readonly SourceGuest[]) => (guest: SourceGuest) => Verdicts;
  /** What is wrong between the values of one guest, by the system's own rules. */
  readonly findings?: (guest: SourceGuest) => readonly Inconsistency[];
}

export interface Finding extends Inconsistency {
  readonly guest: string;
}

/** A configuration, and of every value of the source what became of it, each once and in the order of the source. */
export interface Imported {
  readonly files: readonly WrittenFile[];
  readonly lines: readonly Line[];
  readonly findings: readonly Finding[];
}

export function importSource({ guests, others }: Source, system: System): Imported {
  const named = guests.filter(({ name }) => guestNameProblem(name) === undefined).map(readOf);
  const verdictsOf = system.verdicts(named);
  const lines = guests.flatMap((guest) => linesOf(guest, verdictsOf));
  const settled = settle(
    named.map(({ name }) => name),
    contended(lines),
    system,
  );
  const ofNobody = others.map((item): Line => ({ ...item, guest: '', verdict: verdictOfNobody(item) }));
  const findings = guests.flatMap((guest) =>
    (system.findings?.(readOf(guest)) ?? []).map((finding) => ({ ...finding, guest: guest.name })),
  );
  return { files: settled.files, lines: [...ofNobody, ...settled.lines], findings };
}

function verdictOfNobody({ value, unread }: Item): Verdict {
  if (unread !== undefined) return notRead(unread);
  return value.startsWith('-> ') ? decide(LINK) : none('says nothing of one guest');
}

function linesOf(guest: SourceGuest, verdictsOf: (guest: SourceGuest) => Verdicts): readonly Line[] {
  const problem = guestNameProblem(guest.name);
  const verdicts: Verdicts = problem === undefined ? verdictsOf(readOf(guest)) : new Map();
  const otherwise = problem === undefined ? unknown('not known to hostler; nothing is made of it') : decide(problem);
  return guest.items.map((item) => {
    const verdict = item.unread === undefined ? (verdicts.get(item) ?? otherwise) : notRead(item.unread);
    return { ...item, guest: guest.name, verdict };
  });
}

// What could not be read says nothing, not even that there is such a value.
function readOf({ name, items }: SourceGuest): SourceGuest {
  return { name, items: items.filter(({ unread }) => unread === undefined) };
}
