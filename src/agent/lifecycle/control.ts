import type { AgentControl, GuestChoice } from '../../ports/agent.ts';
import { audit } from '../audit.ts';
import { findGuest } from '../guests.ts';
import type { World } from '../world.ts';
import { startOf } from './settings-of.ts';
import { restartGuests, startGuests } from './start-guests.ts';
import { ended, withdrawStart, withdrawStarts } from './stop-guest.ts';
import { underWay } from './under-way.ts';

type LifeControl = Pick<AgentControl, 'marks' | 'start' | 'restart' | 'stop' | 'stopTogether' | 'underWay'>;

/** What the command asks of the life of guests. */
export function lifeControl(world: World): LifeControl {
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
      await findUnseen(world, [guest]);
      const isComing = withdrawStart(world, guest, wish);
      const view = world.orderedStops.stopNow(guest, wish);
      return isComing && view.state === 'stopped' ? { ...view, state: 'stopping' } : view;
    },
    async stopTogether(choice, wish, caller) {
      audit(world, caller, `stop ${choiceText(choice)}${wish.kill ? ' --kill' : ''}`);
      const isNamed = 'guests' in choice;
      const guests = isNamed ? choice.guests : withMark(world, choice.mark);
      if (isNamed) await findUnseen(world, guests);
      const coming = withdrawStarts(world, guests, wish);
      const after = world.report.history.last();
      const begun = world.orderedStops.begin(guests, wish);
      const others = guests.filter((guest) => begun.every((view) => view.guest !== guest));
      return [
        ...begun,
        ...others
          .filter((guest) => isNamed || coming.has(guest))
          .map((guest) =>
            coming.has(guest) ? { guest, state: 'stopping' as const, after } : ended(world, guest, after),
          ),
      ];
    },
    underWay: () => underWay(world),
  };
}

// One may have begun a moment ago, which nobody has told yet. Nothing comes between what follows, or one whose start is withdrawn is begun again.
async function findUnseen(world: World, guests: readonly string[]): Promise<void> {
  const unseen = guests.filter((guest) => world.records.get(guest)?.guest.instance === undefined);
  await Promise.all(unseen.map((guest) => findGuest(world, guest)));
}

function withMark(world: World, mark: string | undefined): readonly string[] {
  const all = [...world.records.keys()];
  return mark === undefined ? all : all.filter((guest) => startOf(world, guest).marks.includes(mark));
}

function choiceText(choice: GuestChoice): string {
  if ('guests' in choice) return choice.guests.join(' ');
  return choice.mark === undefined ? '--all' : `--mark ${choice.mark}`;
}
