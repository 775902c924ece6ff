/**
 * Whether the whole text matches a shell glob: `*` any run of characters (slashes too), `?` one character, `[a-z]` and
 * `[!a-z]` one of a set, `\x` x itself. A `[` that is never closed and a backslash at the end stand for themselves.
 * Takes at most pattern times text steps, whatever either holds.
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let read = 0;
  let afterStar = -1;
  let starRead = 0;
  while (read < text.length) {
    if (pattern.charCodeAt(at) === STAR) {
      at += 1;
      afterStar = at;
      starRead = read;
      continue;
    }
    const character = characterAt(text, read);
    const next = afterOne(pattern, at, character);
    if (next !== NO_MATCH) {
      at = next;
      read += widthOf(character);
      continue;
    }
    if (afterStar < 0) return false;
    // Only the last star can need another try: what an earlier one took was the shortest that fits.
    starRead += widthOf(characterAt(text, starRead));
    read = starRead;
    at = afterStar;
  }
  while (pattern.charCodeAt(at) === STAR) at += 1;
  return at === pattern.length;
}

/** Whether one of several globs matches. */
export function anyGlobMatches(patterns: readonly string[], text: string): boolean {
  for (const pattern of patterns) if (globMatches(pattern, text)) return true;
  return false;
}

const NO_MATCH = -1;
const END = -1;
const FIRST_SURROGATE = 0xd800;
const STAR = 0x2a;
const QUESTION_MARK = 0x3f;
const BACKSLASH = 0x5c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const DASH = 0x2d;
const EXCLAMATION_MARK = 0x21;

/** Where the pattern goes on after its element at `at` took the character; NO_MATCH if it does not take it. */
function afterOne(pattern: string, at: number, character: number): number {
  const element = characterAt(pattern, at);
  if (element === QUESTION_MARK) return at + 1;
  if (element === OPEN) return afterSet(pattern, at, character);
  const literal = literalAt(pattern, at);
  return characterAt(pattern, literal) === character ? literal + widthOf(character) : NO_MATCH;
}

function afterSet(pattern: string, open: number, character: number): number {
  const negated = pattern.charCodeAt(open + 1) === EXCLAMATION_MARK;
  const first = open + (negated ? 2 : 1);
  let inside = false;
  let at = first;
  // A bracket in the first place is a member: there is no empty set.
  while (at === first || pattern.charCodeAt(at) !== CLOSE) {
    if (at >= pattern.length) return character === OPEN ? open + 1 : NO_MATCH;
    const from = literalAt(pattern, at);
    at = from + widthOf(characterAt(pattern, from));
    const to = isRange(pattern, at) ? literalAt(pattern, at + 1) : from;
    if (to !== from) at = to + widthOf(characterAt(pattern, to));
    inside ||= characterAt(pattern, from) <= character && character <= characterAt(pattern, to);
  }
  return inside !== negated ? at + 1 : NO_MATCH;
}

function isRange(pattern: string, at: number): boolean {
  return pattern.charCodeAt(at) === DASH && at + 1 < pattern.length && pattern.charCodeAt(at + 1) !== CLOSE;
}

/** Where the literal character is that the pattern has at `at`: behind the backslash, if there is one. */
function literalAt(pattern: string, at: number): number {
  return pattern.charCodeAt(at) === BACKSLASH && at + 1 < pattern.length ? at + 1 : at;
}

/** Code point; END, which equals none, behind the end. */
function characterAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit < FIRST_SURROGATE ? unit : (text.codePointAt(at) ?? END);
}

function widthOf(character: number): number {
  return character > 0xffff ? 2 : 1;
}
