import { boundDevice } from '../bound-device.ts';
import type { Meaning } from '../cgroup/meaning.ts';
import type { Item, RuleDraft, Verdict } from '../item.ts';
import { decide, guestKey, none, taken, type Verdicts } from '../verdict.ts';
import { isOfAllDevices } from './lines.ts';

/** Nodes that are bound into the guest, and permissions of the devices cgroup. */
export function deviceVerdicts(lines: readonly Meaning[]): Verdicts {
  const bound = lines.flatMap(({ item, name }) =>
    name === 'lxc.mount.entry'
      ? [[item, boundDevice(item.value, TAKE_OUT) ?? none('LXC goes on mounting it')] as const]
      : [],
  );
  const hasNodes = bound.some(([, { settings }]) => settings.length > 0);
  const all = lines.filter(isOfAllDevices);
  const isDoubtful = all.some(isDenied) && !all.every(isDenied);
  const numbers = lines.flatMap((line) =>
    /^devices\.(allow|deny)$/.test(line.name)
      ? [[line.item, isOfAllDevices(line) ? allVerdict(line, isDoubtful) : numberVerdict(line, hasNodes)] as const]
      : [],
  );
  const confined = numbers.filter(([, { settings }]) => settings.some(({ kind }) => kind === 'guests'));
  const again = confined.slice(1).map(([item]) => [item, taken('confined, as said before')] as const);
  return new Map<Item, Verdict>([...bound, ...numbers, ...again]);
}

const TAKE_OUT = 'take this line out of the configuration of LXC, or the node stays that of LXC';

/** null, zero, full, random, urandom, tty, console, ptmx and pts. */
const STANDARD = /^c (1:[35789]|5:[012]|136:\*)$/;

/** Each hierarchy of cgroups has its own, and a host either. */
function allVerdict(line: Meaning, isDoubtful: boolean): Verdict {
  if (!isDenied(line)) return none('everything is open, and stays so; LXC goes on doing that');
  if (isDoubtful)
    return decide('open on hosts with the other version of cgroups; write devices: confined, or leave it open');
  return taken('closed to all but what is allowed', guestKey('devices', 'confined'));
}

function isDenied({ name }: Meaning): boolean {
  return name === 'devices.deny';
}

function numberVerdict(line: Meaning, hasNodes: boolean): Verdict {
  const { value } = line.item;
  const [, type = '', major = '', minor = '', access = ''] =
    /^([bc])\s+(\d+|\*):(\d+|\*)\s+([rwm]{1,3})$/.exec(value) ?? [];
  if (value === '') return taken('takes back what the lines before say');
  if (type === '') return decide('is no type, number and access');
  if (isDenied(line)) return decide('LXC goes on denying it; a rule can only give');
  if (access === 'm') return none('to make nodes is no access to a device; LXC goes on allowing it');
  const number = `${type} ${major}:${minor}`;
  if (STANDARD.test(number)) return none('one of the standard devices, which every guest has');
  if (major === '*') return decide('every device of the host; write rules for those that it needs');
  if (hasNodes) {
    return decide(
      `a rule for a node of lxc.mount.entry brings its permission; where this is another device write match: { number: "${number}" }`,
    );
  }
  const rule: RuleDraft = {
    match: { number },
    take: minor === '*' ? 'all' : 'one',
    access: [...'rwm'].filter((letter) => access.includes(letter)).join(''),
  };
  return taken('by its number, and with a node', { kind: 'rules', rule });
}
