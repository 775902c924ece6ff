import { basename, dirname, join } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import type { Guest } from '../model/guest.ts';
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
  const units = new Map<string, readonly string[]>();
  const ears = new Ears();
  const listen = async (guests: readonly Guest[]): Promise<readonly Refusal[]> => {
    for (const { name, instance } of guests) units.set(name, unitsIn(instance?.cgroup ?? ''));
    const unheard: Refusal[] = [];
    for (const ear of earsFor(guests, units, told))
      unheard.push(...(await watchIfThere(ears.idOf(ear), ear.path, host.watchFolder)));
    return unheard;
  };
  return {
    ...finder,
    async locate(name) {
      const located = await finder.locate(name);
      if (located.ok && located.value !== undefined) await listen([located.value]);
      return located;
    },
    async find() {
      const found = await finder.find();
      if (!found.ok) return found;
      units.clear();
      const unheard = [...found.value.unheard, ...(await listen(found.value.guests))];
      return { ok: true, value: { ...found.value, unheard } };
    },
    concerns(id, name) {
      const ear = ears.of(id);
      return ear === undefined ? finder.concerns(id, name) : concernOf(ear, name, units, told);
    },
  };
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

  idOf(ear: Ear): string {
    const key = `${ear.guest ?? ''}\0${ear.path}`;
    const id = this.#ids.get(key) ?? `unit:${this.#ids.size}`;
    this.#ids.set(key, id);
    this.#ears.set(id, ear);
    return id;
  }

  of(id: string): Ear | undefined {
    return this.#ears.get(id);
  }
}

/** The units of a cgroup, outermost first. systemd writes _ before some names. */
function unitsIn(cgroup: string): readonly string[] {
  return cgroup.split('/').flatMap((part) => (/\.(slice|service|scope)$/.test(part) ? part.replace(/^_/, '') : []));
}

// Each folder before what is in it, so that nothing can come unseen.
function earsFor(
  guests: readonly Guest[],
  units: ReadonlyMap<string, readonly string[]>,
  told: readonly string[],
): readonly Ear[] {
  const own = guests.flatMap(({ name: guest }) =>
    (units.get(guest) ?? []).flatMap((unit) => told.map((folder) => ({ guest, path: join(folder, `${unit}.d`) }))),
  );
  if (own.length === 0) return [];
  return [...[...new Set(told.map((folder) => dirname(folder))), ...told].map((path) => ({ path })), ...own];
}

/** A file of a unit's permissions was written, or there may be one by now in a folder that nobody listened to. */
function concernOf(
  { path, guest }: Ear,
  name: string,
  units: ReadonlyMap<string, readonly string[]>,
  told: readonly string[],
): ReturnType<GuestFinder['concerns']> {
  if (guest !== undefined) return /Device(Allow|Policy)\.conf$/.test(name) ? { unitsOf: [guest] } : undefined;
  const isAbove = told.some((folder) => dirname(folder) === path && basename(folder) === name);
  const isMeant = (unit: string) => isAbove || (told.includes(path) && name === `${unit}.d`);
  const unitsOf = [...units].flatMap(([one, its]) => (its.some(isMeant) ? one : []));
  return unitsOf.length > 0 ? { unitsOf } : undefined;
}
