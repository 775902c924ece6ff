import type { Belonging, LeftBelonging, Pinner } from '../../model/belongings.ts';
import { printable } from '../../model/printable.ts';

/** `its network namespace, kept by tcpdump (process 412, in /user.slice); interface vethA1`. */
export function leftText(left: readonly LeftBelonging[]): string {
  // On v1 a cgroup is in every hierarchy.
  return [...new Set(left.map((one) => `${nameOf(one)}${keptText(one.pinners)}`))].join('; ');
}

/** `interface vethA1`. */
export function nameOf({ kind, name }: Belonging): string {
  switch (kind) {
    case 'net':
      return 'its network namespace';
    case 'root':
      return 'its root file system';
    case 'link':
      return `interface ${printable(name)}`;
    case 'cgroup':
      return `cgroup ${printable(name)}`;
    case 'loop':
      return `loop device ${printable(name)}`;
  }
}

function keptText(pinners: readonly Pinner[]): string {
  if (pinners.length === 0) return '';
  const others = pinners.length > NAMED ? ' and others' : '';
  return `, kept by ${pinners.slice(0, NAMED).map(pinnerText).join(', ')}${others}`;
}

const NAMED = 3;

function pinnerText({ pid, command, how, cgroup, mount }: Pinner): string {
  if (how === 'mounted') return `a mount at ${printable(mount)} (as ${printable(command)}, process ${pid}, sees it)`;
  const holds = how === 'open' ? ', which holds it open' : '';
  return `${printable(command)} (process ${pid}, in cgroup ${printable(cgroup)}${holds})`;
}
