import type { Item } from '../item.ts';

/** The items of one guest by their keys, as util-vserver reads them. */
export class Values {
  readonly #byKey: ReadonlyMap<string, readonly Item[]>;

  constructor(items: readonly Item[]) {
    this.#byKey = Map.groupBy(items, ({ key }) => key);
  }

  /** All lines of a list. */
  all(key: string): readonly Item[] {
    return this.#byKey.get(key) ?? [];
  }

  /** What a file of one value says. */
  first(...keys: readonly string[]): Item | undefined {
    return keys.flatMap((key) => this.all(key))[0];
  }

  below(folder: string): readonly Item[] {
    return [...this.#byKey].flatMap(([key, items]) => (key.startsWith(`${folder}/`) ? items : []));
  }

  hasFlag(flag: string): Item | undefined {
    return [...this.all('flags'), ...this.all('cflags')].find(({ value }) => value.toLowerCase() === flag);
  }
}

/** `5000`, `20K`, `1m`, `inf`, as util-vserver reads limits; undefined: it takes it for no number. */
export function parseLimit(text: string): bigint | 'inf' | undefined {
  if (text === 'inf') return 'inf';
  const [, digits, unit = ''] = /^(\d{1,20})([kKmM]?)$/.exec(text) ?? [];
  const factor = FACTORS[unit];
  return digits === undefined || factor === undefined ? undefined : BigInt(digits) * factor;
}

const FACTORS: Readonly<Record<string, bigint>> = { '': 1n, k: 1000n, K: 1024n, m: 1_000_000n, M: 1n << 20n };
