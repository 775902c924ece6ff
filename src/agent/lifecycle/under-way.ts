import { openEndOf } from '../../lifecycle/runs.ts';
import type { UnderWayView } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { historyOf } from './histories.ts';
import { ended } from './stop-guest.ts';

/** How far the starts and stops of all guests are. That asks for nothing: whoever only waits overrules nobody. */
export function underWay(world: World): readonly UnderWayView[] {
  const unwanted = unwantedStarts(world);
  return [...world.records.keys()].map((guest) => {
    const { state, ...view } = ended(world, guest);
    const start = world.starts.of(guest)?.phase;
    const runs = world.records.get(guest)?.guest.instance !== undefined;
    const isComing = unwanted.has(guest) || (!runs && endsUnwanted(world, guest));
    const stop = state === 'stopped' && isComing ? 'stopping' : state;
    const isLeftAlone = runs && start === undefined && stop === 'stopped';
    if (isLeftAlone) return { ...view, start: 'ready', stop: 'withdrawn' };
    return { ...view, start: start ?? 'withdrawn', stop };
  });
}

/** Those that their runtime brings up, and that are stopped then. */
function unwantedStarts({ ports: { clock, store } }: World): ReadonlySet<string> {
  const stored = store.starts();
  const starts = stored?.bootId === clock.bootId ? (stored.unwanted ?? []) : [];
  return new Set(starts.map(({ guest }) => guest));
}

// It has ended by itself, and it is not known yet whether it comes again.
function endsUnwanted(world: World, guest: string): boolean {
  return openEndOf(historyOf(world, guest), world.ports.clock.bootId)?.isUnwanted === true;
}
