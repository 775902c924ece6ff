import type { Guest } from '../model/guest.ts';
import { allAnswers } from '../ports/all-answers.ts';
import type { Found, GuestFinder } from '../ports/guests.ts';

/** The guests of several runtimes as those of one. A name that two of them use is one guest, which tells so. */
export function everyRuntime(finders: readonly GuestFinder[]): GuestFinder {
  return {
    async find() {
      const founds = allAnswers(await Promise.all(finders.map((finder) => finder.find())));
      return founds.ok ? { ok: true, value: merged(founds.value) } : founds;
    },
    async locate(name) {
      const located = allAnswers(await Promise.all(finders.map((finder) => finder.locate(name))));
      if (!located.ok) return located;
      return { ok: true, value: namesakes(located.value.flatMap((guest) => guest ?? []))[0] };
    },
    async awaitsInit(name) {
      return (await Promise.all(finders.map((finder) => finder.awaitsInit(name)))).includes(true);
    },
    async stopping() {
      return (await Promise.all(finders.map((finder) => finder.stopping()))).flat();
    },
    isCleared: (name) => finders.every((finder) => finder.isCleared(name)),
    isAtWork: (keeper) => finders.some((finder) => finder.isAtWork(keeper)),
    cgroups: (instance) => finders.flatMap((finder) => finder.cgroups(instance)),
    keeper: (instance) => first(finders, (finder) => finder.keeper(instance)),
    configuredDevices: (name) => first(finders, (finder) => finder.configuredDevices(name)),
    concerns: (id, name) => first(finders, (finder) => finder.concerns(id, name)),
  };
}

function merged(founds: readonly Found[]): Found {
  const nameless = founds.flatMap((found) => found.nameless ?? []);
  return {
    guests: namesakes(founds.flatMap(({ guests }) => guests)),
    starting: [...new Set(founds.flatMap(({ starting }) => starting))],
    unheard: founds.flatMap(({ unheard }) => unheard),
    ...(nameless.length > 0 && { nameless }),
  };
}

// One that runs stands for both: what it was given has to be taken back.
function namesakes(guests: readonly Guest[]): readonly Guest[] {
  const byName = new Map<string, Guest>();
  for (const guest of guests) {
    const known = byName.get(guest.name);
    const [shown, other] = known && (known.instance || !guest.instance) ? [known, guest] : [guest, known];
    byName.set(guest.name, other ? { ...shown, alsoOf: other.runtime } : shown);
  }
  return [...byName.values()];
}

function first<T>(finders: readonly GuestFinder[], ask: (finder: GuestFinder) => T | undefined): T | undefined {
  for (const finder of finders) {
    const answer = ask(finder);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
