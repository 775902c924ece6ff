import type { Runtime } from '../../model/guest.ts';
import { printable } from '../../model/printable.ts';
import type { Answer, Failed } from '../../ports/executor.ts';
import type { StoppedGuest } from '../../ports/life.ts';
import type { World } from '../world.ts';
import { historyOf } from './histories.ts';

/** Lets its runtime begin a guest, unless it is in quarantine. */
export async function askToStart(world: World, guest: string): Promise<Answer<void>> {
  if (historyOf(world, guest).isQuarantined) return QUARANTINED;
  const runtime = world.records.get(guest)?.guest.runtime;
  return runtime === undefined ? NO_GUEST : world.ports.life.start(stopped(world, guest, runtime));
}

const QUARANTINED: Answer<void> = { ok: false, failed: { errno: '', call: 'quarantine', subject: '' } };
const NO_GUEST: Answer<void> = { ok: false, failed: { errno: 'ENOENT', call: 'guest', subject: '' } };

function stopped({ settings: { lxcPath } }: World, name: string, runtime: Runtime): StoppedGuest {
  return { runtime, name, ...(runtime === 'lxc' && { folder: lxcPath }) };
}

/** What people are told of it. */
export function failedText({ errno, call, subject }: Failed): string {
  if (call === 'quarantine') return 'it is in quarantine';
  return `${call} ${errno}${subject === '' ? '' : ` ${printable(subject)}`}`;
}
