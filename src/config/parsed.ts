import type { ConfigCode } from '../model/config-code.ts';

/** Something wrong in a text; lines and columns count from 1. */
export interface Complaint {
  readonly line: number;
  readonly column: number;
  readonly code: ConfigCode;
  readonly says: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a value of the data was written. */
export interface Spot {
  readonly value: Position;
  /** Of a mapping's value: where its key is. */
  readonly key?: Position;
  /** How a number, a boolean or a null is written: `0660` where the data have 660. */
  readonly source?: string;
}

/** From the keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];
export type Spots = ReadonlyMap<string, Spot>;

/** One YAML file as plain data. Absent data: it could not be read so far that looking into it makes sense. */
export interface Parsed {
  readonly data?: unknown;
  readonly spots: Spots;
  readonly complaints: readonly Complaint[];
}

/** The one spelling of a path as a key of `Spots`. */
export function spotKey(path: Path): string {
  return JSON.stringify(path);
}

/** The spot of a value, or of the nearest that contains it where it was not written. */
export function spotOf(spots: Spots, path: Path): Spot {
  for (let length = path.length; length > 0; length -= 1) {
    const spot = spots.get(spotKey(path.slice(0, length)));
    if (spot) return spot;
  }
  return spots.get(spotKey([])) ?? { value: { line: 1, column: 1 } };
}

/** Of the key where there is one: the place to point at when the value itself is missing or too many. */
export function keyPosition(spot: Spot): Position {
  return spot.key ?? spot.value;
}
