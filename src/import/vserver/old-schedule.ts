import type { Item, Verdict } from '../item.ts';
import { decide, none, policyKey, taken, type Verdicts } from '../verdict.ts';

const LINES: readonly (readonly [name: string, path: string])[] = [
  ['fill rate', 'cpu.bucket.rate'],
  ['interval', 'cpu.bucket.interval'],
  ['tokens', ''],
  ['tokens_min', 'cpu.bucket.threshold'],
  ['tokens_max', 'cpu.bucket.size'],
];

/** The old file of six lines: one bucket of the guest for all processors. */
export function oldSchedule(items: readonly Item[], flag: Item | undefined): Verdicts {
  const verdicts = items.map((item, at) => [item, verdictOf(item, at, flag !== undefined)] as const);
  if (flag === undefined) return new Map(verdicts);
  if (items.length < LINES.length)
    return new Map([...verdicts, [flag, decide('schedule does not have all its lines')]]);
  const settings = [policyKey('cpu.bucket.hold', 'strict'), policyKey('cpu.bucket.refill', 'lump')];
  return new Map([...verdicts, [flag, taken('an empty bucket holds the guest', ...settings)]]);
}

function verdictOf({ value }: Item, at: number, isHard: boolean): Verdict {
  const [name, path] = LINES[at] ?? [];
  if (name === undefined) return none('VServer made nothing of it');
  if (path === '' || path === undefined) return none('tokens to begin with; a bucket begins full');
  if (!/^\d{1,15}$/.test(value)) return decide(`${name}: ${JSON.stringify(value)} is no whole number`);
  if (!isHard) return decide(`${name}: the flag sched_hard is not set, so that VServer held nobody by it`);
  return taken(`${name}; a tick is taken for 1ms (HZ=1000)`, policyKey(path, Number(value)));
}
