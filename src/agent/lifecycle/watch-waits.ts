import { keptBlockers } from '../../lifecycle/blockers.ts';
import { sameProcesses, type Wait, waitsFor } from '../../lifecycle/waits-for.ts';
import type { Answer } from '../../ports/executor.ts';
import type { World } from '../world.ts';
import { waitsText } from './blockers-text.ts';
import type { StoppingGuest } from './stopping-guest.ts';

/** Looks at what a guest that is halting waits for, and says so when that has changed. */
export async function watchWaits(
  { ports, report }: World,
  guest: string,
  stopping: StoppingGuest,
): Promise<Answer<unknown>> {
  const { of, cgroupId } = stopping.state;
  const seen = await ports.life.evidence(of, cgroupId);
  if (!seen.ok) return seen;
  const { named, count } = seen.value;
  if (!sameProcesses(named, stopping.seen)) stopping.movedAt = ports.clock.sinceBoot();
  stopping.movedAt ??= ports.clock.sinceBoot();
  stopping.seen = named;
  const kept = keptBlockers(stopping.state, seen.value);
  stopping.state = { ...stopping.state, ...kept };
  const waits = waitsFor(stopping.state, kept.blockers);
  const text = waitsText(waits, count);
  const known = stopping.waits;
  stopping.waits = { names: namesOf(waits), processes: count, text };
  if (known.names === stopping.waits.names && known.processes === stopping.waits.processes) return seen;
  report.fact({ kind: 'stop', guest, action: stopping.state.phase, says: `${guest}: ${text}` });
  return seen;
}

// What a process does in one moment is not worth a line.
function namesOf(waits: readonly Wait[]): string {
  return waits.map(({ unit, blocker }) => unit ?? `${blocker.pid}`).join();
}
