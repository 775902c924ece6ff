import { boundDevice } from '../bound-device.ts';
import type { Item, Verdict } from '../item.ts';
import { decide, none, taken, type Verdicts, verdictsOf } from '../verdict.ts';
import { isList } from './lists.ts';

/** What means the same whatever else is said: most of it is for what runs the guest. */
export function fixedVerdicts(guest: string, items: readonly Item[]): Verdicts {
  return verdictsOf(items, (item) => verdictOf(guest, item));
}

function verdictOf(guest: string, { key, value }: Item): Verdict | undefined {
  if (key === 'name') {
    return value === guest
      ? taken('the name of its file')
      : none(`a title: commands knew it as ${guest}, and so does hostler`);
  }
  const bound = isList(key) && key.startsWith('fstab') ? boundDevice(value, LEAVE_OUT) : undefined;
  if (bound !== undefined) return bound;
  if (/^c?flags$/.test(key)) return flagVerdict(value.toLowerCase());
  const found = FIXED.find(([pattern]) => pattern.test(key));
  if (found === undefined) return undefined;
  const [, fate, says] = found;
  return { fate, how: says.replace('{}', () => value), settings: [] };
}

const RUNTIME = 'for what runs the guest';
const LEAVE_OUT = 'it needs no lxc.mount.entry then';

const FIXED: readonly (readonly [RegExp, 'none' | 'decide', string])[] = [
  [/^context$/, 'none', 'guests have no numbers'],
  [/^ncontext$/, 'none', 'guests have no numbers'],
  [/^uts\/nodename$/, 'none', `${RUNTIME}: lxc.uts.name = {}`],
  [/^uts\//, 'none', `${RUNTIME}; LXC sets lxc.uts.name alone`],
  [/^interfaces\//, 'none', `${RUNTIME}: lxc.net.0.type, .link, .name and .ipv4.address`],
  [/^fstab/, 'none', `${RUNTIME}: lxc.mount.entry`],
  [/^bcapabilities$/, 'decide', `${RUNTIME}: lxc.cap.keep; nodes that CAP_MKNOD made inside are what rules give`],
  [/^(c|n)?capabilities$/, 'none', 'no such capabilities without the kernel of VServer'],
  [/^nflags$/, 'none', 'no such flags without the kernel of VServer'],
  [/^(vdir|run|cache|vcfg|slice)$/, 'none', `${RUNTIME}: lxc.rootfs.path`],
  [
    /^apps\/init\/cmd\./,
    'decide',
    'a command of its own; start it as the init of the guest, or write stop.halt of its file',
  ],
  [/^apps\/init\/(runlevel|tty|mode)/, 'none', `${RUNTIME}: the init inside the guest decides`],
  [/^apps\/(pkgmgmt|vunify|vhashify|vshelper|vdevmap)/, 'none', 'for tools of util-vserver'],
  [/^(personality|nice|badness|shell|no[a-z]+|namespace.*|umask)$/, 'none', `${RUNTIME}, where it has such a word`],
  [/^ulimits\//, 'none', `${RUNTIME}: lxc.prlimit`],
  [/^dlimits\//, 'none', 'a quota of the file system'],
  [/^(cgroup|spaces)\//, 'decide', `${RUNTIME}, or for a policy where it is a limit`],
  [/^scripts\//, 'decide', 'a script; stop.before of the guest, or a hook of LXC'],
];

function flagVerdict(flag: string): Verdict | undefined {
  if (flag === 'sched_hard') return undefined;
  if (flag === 'virt_mem') return none('lxcfs shows the guest its own sizes');
  if (flag === 'sched_prio') return decide('no priorities by tokens; cpu.weight of a policy is a share among guests');
  if (flag === 'sched_pause') return decide('a guest that stands still; lxc-freeze does that');
  return none('a flag of the kernel of VServer');
}
