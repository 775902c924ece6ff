/** No name or attribute that sysfs and udev give comes near; keeps every check here cheap. */
const LONGEST = 1024;

/** Why a glob can never match, or would not mean what it looks like, and what to write instead; absent: nothing is wrong. */
export function globProblem(glob: string): string | undefined {
  if (glob === '') return 'an empty glob matches nothing; write * for anything, or leave the key out';
  if (glob.length > LONGEST)
    return `a glob of ${glob.length} characters; no value is that long, write * for most of it`;
  if (hasControl(glob)) return `${JSON.stringify(glob)} contains a control character; write ? in its place`;
  for (let at = 0; at < glob.length; ) {
    const step = glob[at] === '[' ? readSet(glob, at) : readCharacter(glob, at);
    if (typeof step === 'string') return step;
    at = step;
  }
  return undefined;
}

/** Whether the glob stands for exactly one text: itself. */
export function isLiteral(glob: string): boolean {
  return !/[*?[\\]/.test(glob);
}

/** The text that every match begins with: everything before the first wildcard, quoting removed. */
export function literalStart(glob: string): string {
  const start = /^(?:[^*?[\\]|\\.)*/su.exec(glob)?.[0] ?? '';
  return start.replaceAll(/\\(.)/gsu, '$1');
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** Where the next part begins, or what is wrong. */
function readCharacter(glob: string, at: number): number | string {
  if (glob[at] === '\\') {
    return at + 1 < glob.length ? at + 2 : 'a backslash at the end quotes nothing; write \\\\ for a backslash';
  }
  if (glob[at] === '|') return 'globs know no |; write a list, [a, b], or \\| for the character itself';
  if (/^\{[^}]*,[^}]*\}/.test(glob.slice(at))) {
    return 'globs know no {a,b}; write a list, [a, b], or \\{ for the character itself';
  }
  return at + 1;
}

/** A set, `[a-z]` or `[!a-z]`. What shells disagree about (`[^a]`, `[]a]`, `[[:alpha:]]`) is refused. */
function readSet(glob: string, start: number): number | string {
  if (glob[start + 1] === '^') return 'in a set ! negates, not ^; write [!...]';
  const first = glob[start + 1] === '!' ? start + 2 : start + 1;
  if (glob[first] === ']') return `${glob.slice(start, first + 1)} is an empty set; write \\] for the character itself`;
  for (let at = first; at < glob.length; ) {
    if (glob[at] === ']') return at + 1;
    if (/^\[[:.=]/.test(glob.slice(at))) return 'character classes are not known; write the range, such as [0-9a-f]';
    const step = readSetMember(glob, at);
    if (typeof step === 'string') return step;
    at = step;
  }
  return `the set ${glob.slice(start)} is never closed; write ] at its end, or \\[ for the character itself`;
}

/** One character of a set, or a range of them. A dash at either end of the set stands for itself. */
function readSetMember(glob: string, at: number): number | string {
  const low = characterAt(glob, at);
  const dash = at + low.length;
  const high = characterAt(glob, dash + 1);
  const isRange = glob[dash] === '-' && high !== '' && high !== ']';
  if (!isRange) return dash;
  if (value(low) <= value(high)) return dash + 1 + high.length;
  return `the range ${low}-${high} runs backwards; write ${high}-${low}`;
}

/** The character at a place with the backslash that quotes it. */
function characterAt(glob: string, at: number): string {
  return /^(?:\\.|.)/su.exec(glob.slice(at))?.[0] ?? '';
}

function value(character: string): number {
  return character.codePointAt(character.length > 1 && character[0] === '\\' ? 1 : 0) ?? 0;
}
