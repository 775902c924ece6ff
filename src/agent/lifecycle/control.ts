import type { AgentControl, GuestChoice } from '../../ports/agent.ts';
import { audit } from '../audit.ts';
import { findGuest } from '../guests.ts';
import type { World } from '../world.ts';
import { startOf } from './settings-of.ts';
import { restartGuests, startGuests } from './start-guests.ts';
import { stopGuest, withdrawStart } from './stop-guest.ts';

/** What the command asks of the life of guests. */
export function lifeControl(
  world: World,
): Pick<AgentControl, 'marks' | 'start' | 'restart' | 'stop' | 'stopTogether' | 'stopAll'> {
  return {
    marks: () => new Set([...world.records.keys()].flatMap((guest) => startOf(world, guest).marks)),
    start(choice, wish, caller) {
      audit(world, caller, `start ${choiceText(choice)}`);
      return startGuests(world, choice, wish);
    },
    restart(choice, wish, caller) {
      audit(world, caller, `restart ${choiceText(choice)}${wish.kill ? ' --kill' : ''}`);
      return restartGuests(world, choice, wish);
    },
    async stop(guest, wish, caller) {
      audit(world, caller, `stop ${guest}${wish.kill ? ' --kill' : ''}`);
      const isComing = withdrawStart(world, guest, wish);
      // It may have begun a moment ago, which nobody has told yet.
      if (world.records.get(guest)?.guest.instance === undefined) await findGuest(world, guest);
      const view = stopGuest(world, guest, wish);
      return isComing && view.state === 'stopped' ? { ...view, state: 'stopping' } : view;
    },
    async stopTogether(guests, wish, caller) {
      audit(world, caller, `stop ${choiceText({ guests })}${wish.kill ? ' --kill' : ''}`);
      const coming = new Set(guests.filter((guest) => withdrawStart(world, guest, wish)));
      const unseen = guests.filter((guest) => world.records.get(guest)?.guest.instance === undefined);
      await Promise.all(unseen.map((guest) => findGuest(world, guest)));
      const after = world.report.history.last();
      const begun = world.orderedStops.begin(guests, wish);
      const others = guests.filter((guest) => begun.every((view) => view.guest !== guest));
      const stateOf = (guest: string) => (coming.has(guest) ? ('stopping' as const) : ('stopped' as const));
      return [...begun, ...others.map((guest) => ({ guest, state: stateOf(guest), after }))];
    },
    stopAll(mark, wish, caller) {
      audit(world, caller, `stop ${choiceText({ mark })}${wish.kill ? ' --kill' : ''}`);
      const guests = withMark(world, mark);
      const after = world.report.history.last();
      const coming = guests.filter((guest) => withdrawStart(world, guest, wish));
      const begun = world.orderedStops.begin(guests, wish);
      return [...begun, ...coming.map((guest) => ({ guest, state: 'stopping' as const, after }))];
    },
  };
}

function withMark(world: World, mark: string | undefined): readonly string[] {
  const all = [...world.records.keys()];
  return mark === undefined ? all : all.filter((guest) => startOf(world, guest).marks.includes(mark));
}

function choiceText(choice: GuestChoice): string {
  if ('guests' in choice) return choice.guests.join(' ');
  return choice.mark === undefined ? '--all' : `--mark ${choice.mark}`;
}
