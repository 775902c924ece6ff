import { basename, dirname, join } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import { type Guest, unitsIn } from '../model/guest.ts';
import type { GuestFinder } from '../ports/guests.ts';
import type { Host } from '../ports/host.ts';
import { watchIfThere } from './watch.ts';

export interface UnitChangesOptions {
  readonly host: Host;
  /** Where systemd keeps what it is told of units that run, in a folder UNIT.d. */
  readonly told: readonly string[];
}

/**
 * The guests of a finder, and what systemd is told of the units that they run in (`systemctl set-property`): systemd tells
 * nobody of that, but writes it down before it does it.
 */
export function withUnitChanges(finder: GuestFinder, { host, told }: UnitChangesOptions): GuestFinder {
  const units = new Map<string, Units>();
  const ears = new Ears();
  let looks = 0;
  const isOlder = (name: string, look: number) => (units.get(name)?.look ?? 0) < look;
  const notice = (name: string, look: number, guest: Guest | undefined) => {
    if (!isOlder(name, look)) return;
    if (guest === undefined) units.delete(name);
    else units.set(name, { look, names: unitsIn(guest.instance?.cgroup ?? '') });
  };
  const listen = async (names: readonly string[]): Promise<readonly Refusal[]> => {
    await Promise.all(ears.others(earsFor([...units.keys()], units, told)).map(host.unwatch));
    const unheard: Refusal[] = [];
    for (const ear of earsFor(names, units, told))
      unheard.push(...(await watchIfThere(ears.idOf(ear), ear.path, host.watchFolder)));
    return unheard;
  };
  return {
    ...finder,
    async locate(name) {
      looks += 1;
      const look = looks;
      const located = await finder.locate(name);
      if (!located.ok) return located;
      notice(name, look, located.value);
      await listen([name]);
      return located;
    },
    async find() {
      looks += 1;
      const look = looks;
      const found = await finder.find();
      if (!found.ok) return found;
      const guests = new Map(found.value.guests.map((guest) => [guest.name, guest]));
      for (const name of new Set([...units.keys(), ...guests.keys()])) notice(name, look, guests.get(name));
      const unheard = [...found.value.unheard, ...(await listen([...guests.keys()]))];
      return { ok: true, value: { ...found.value, unheard } };
    },
    concerns(id, name) {
      const ear = ears.of(id);
      return ear === undefined ? finder.concerns(id, name) : concernOf(ear, name, units, told);
    },
  };
}

/** The units that a guest runs in, outermost first. */
interface Units {
  /** The number of the look that saw it so: what was asked earlier and answered later says nothing. */
  readonly look: number;
  readonly names: readonly string[];
}

/** A folder that is listened to. */
interface Ear {
  readonly path: string;
  /** Whose drop-ins are in it; absent: folders of many units. */
  readonly guest?: string;
}

/** Gives every folder a short id, of each guest its own. */
class Ears {
  readonly #ids = new Map<string, string>();
  readonly #ears = new Map<string, Ear>();
  #made = 0;

  idOf(ear: Ear): string {
    const known = this.#ids.get(keyOf(ear));
    if (known !== undefined) return known;
    const id = `unit:${this.#made}`;
    this.#made += 1;
    this.#ids.set(keyOf(ear), id);
    this.#ears.set(id, ear);
    return id;
  }

  of(id: string): Ear | undefined {
    return this.#ears.get(id);
  }

  /** The ids of all but these, which are nobody's from now on. */
  others(wanted: readonly Ear[]): readonly string[] {
    const keys = new Set(wanted.map(keyOf));
    const others = [...this.#ids].filter(([key]) => !keys.has(key));
    for (const [key, id] of others) {
      this.#ids.delete(key);
      this.#ears.delete(id);
    }
    return others.map(([, id]) => id);
  }
}

function keyOf({ guest, path }: Ear): string {
  return `${guest ?? ''}\0${path}`;
}

// Each folder before what is in it, so that nothing can come unseen.
function earsFor(
  guests: readonly string[],
  units: ReadonlyMap<string, Units>,
  told: readonly string[],
): readonly Ear[] {
  const own = guests.flatMap((guest) =>
    (units.get(guest)?.names ?? []).flatMap((unit) =>
      told.map((folder) => ({ guest, path: join(folder, `${unit}.d`) })),
    ),
  );
  if (own.length === 0) return [];
  return [...[...new Set(told.map((folder) => dirname(folder))), ...told].map((path) => ({ path })), ...own];
}

/** A file of a unit's permissions was written, or there may be one by now in a folder that nobody listened to. */
function concernOf(
  { path, guest }: Ear,
  name: string,
  units: ReadonlyMap<string, Units>,
  told: readonly string[],
): ReturnType<GuestFinder['concerns']> {
  if (guest !== undefined) return /Device(Allow|Policy)\.conf$/.test(name) ? { unitsOf: [guest] } : undefined;
  const isAbove = told.some((folder) => dirname(folder) === path && basename(folder) === name);
  const isMeant = (unit: string) => isAbove || (told.includes(path) && name === `${unit}.d`);
  const unitsOf = [...units].flatMap(([one, { names }]) => (names.some(isMeant) ? one : []));
  return unitsOf.length > 0 ? { unitsOf } : undefined;
}
