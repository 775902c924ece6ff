import type { Grant } from '../model/action.ts';
import type { Access } from '../model/number.ts';

/** One `key = value`, in the order in which LXC reads them. */
export type LxcLine = readonly [key: string, value: string];

const ALLOW = 'lxc.cgroup2.devices.allow';
const DENY = 'lxc.cgroup2.devices.deny';

/**
 * What the lines of a configuration let a guest open on cgroup v2, as LXC builds its device program from them: in order, an
 * empty value takes back all lines of its key. Undefined: no line says anything, and LXC attaches no program; or everything is
 * allowed but for what is denied, which no list of what is allowed can say.
 */
export function allowedDevices(lines: readonly LxcLine[]): readonly Grant[] | undefined {
  const rules = lines.reduce<readonly LxcLine[]>(withLine, []);
  if (rules.length === 0 || isDenylist(rules)) return undefined;
  return rules.reduce<readonly Grant[]>((allowed, [key, value]) => (key === ALLOW ? allow : deny)(allowed, value), []);
}

function withLine(rules: readonly LxcLine[], [key, value]: LxcLine): readonly LxcLine[] {
  if (key !== ALLOW && key !== DENY) return rules;
  return value === '' ? rules.filter(([other]) => other !== key) : [...rules, [key, value]];
}

function isDenylist(rules: readonly LxcLine[]): boolean {
  const open = rules.findLastIndex(([key, value]) => key === ALLOW && value === 'a');
  return open >= 0 && rules.slice(open).some(([key]) => key === DENY);
}

function allow(allowed: readonly Grant[], value: string): readonly Grant[] {
  if (value === 'a') return [{ number: 'a:*:*', access: 'rwm' }];
  const grant = parseGrant(value);
  return grant === undefined ? allowed : [...allowed, grant];
}

function deny(allowed: readonly Grant[], value: string): readonly Grant[] {
  if (value === 'a') return [];
  const denied = parseGrant(value);
  return allowed.filter(({ number, access }) => number !== denied?.number || access !== denied.access);
}

// `c 1:3 rwm`, `b *:* m`
function parseGrant(value: string): Grant | undefined {
  const [, type, number, letters = ''] = /^([abc])\s+((?:\d+|\*):(?:\d+|\*))\s+([rwm]+)$/.exec(value) ?? [];
  const access = accessOf(letters);
  if (type === undefined || number === undefined || access === undefined) return undefined;
  return { number: `${type === 'b' ? 'b' : type === 'c' ? 'c' : 'a'}:${number}`, access };
}

const ACCESSES: readonly Access[] = ['r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm'];

function accessOf(letters: string): Access | undefined {
  const ordered = ['r', 'w', 'm'].filter((letter) => letters.includes(letter)).join('');
  return ACCESSES.find((access) => access === ordered);
}
