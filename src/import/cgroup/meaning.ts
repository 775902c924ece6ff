import type { Item } from '../item.ts';

/** One line by what it means: `memory.max` for each cgroup hierarchy that has it, whatever its key is called. */
export interface Meaning {
  readonly item: Item;
  readonly name: string;
  /** The hierarchy that it is for. */
  readonly version?: 1 | 2;
}
