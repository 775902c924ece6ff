import { unitOf } from '../../lifecycle/blockers.ts';
import type { Wait } from '../../lifecycle/waits-for.ts';
import { printable } from '../../model/printable.ts';
import type { Blocker } from '../../model/stop.ts';

/** `waits for nfs.service (nfsd, process 412, D in rpc_wait) and 1 other, 3 processes`. */
export function waitsText(waits: readonly Wait[], processes: number): string {
  if (waits.length === 0) return 'waits for its init alone';
  const named = waits.slice(0, 2).map(waitText);
  const others = waits.length - named.length;
  const more = others === 0 ? '' : ` and ${others === 1 ? '1 other' : `${others} others`}`;
  return `waits for ${named.join(', ')}${more}, ${processes === 1 ? '1 process' : `${processes} processes`}`;
}

function waitText({ unit, blocker }: Wait): string {
  const { pid, command, state } = blocker;
  const text = `process ${pid}, ${state}${inText(blocker)}`;
  return unit === undefined ? `${printable(command)} (${text})` : `${printable(unit)} (${printable(command)}, ${text})`;
}

function inText({ waitsIn, mount }: Blocker): string {
  const place = waitsIn === '' || waitsIn === '0' || waitsIn === '-' ? '' : ` in ${printable(waitsIn)}`;
  return mount === undefined ? place : `${place} on ${printable(mount)}`;
}

/** `: 2 processes, nfsd (process 412, D in rpc_wait)`. */
export function blockersText(blockers: readonly Blocker[], count = blockers.length): string {
  if (blockers.length === 0) return '';
  const named = blockers.slice(0, 3).map(blockerText);
  const many = count === 1 ? '1 process' : `${count} processes`;
  return `: ${many}, ${named.join(', ')}${count > named.length ? ' and others' : ''}`;
}

function blockerText(blocker: Blocker): string {
  const { pid, command, state, cgroup } = blocker;
  const unit = unitOf(cgroup);
  return `${printable(command)} (process ${pid}, ${state}${inText(blocker)}${unit === undefined ? '' : `, of ${printable(unit)}`})`;
}
