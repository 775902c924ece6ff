import { amountSum, exactText } from '../amount.ts';
import type { Item, Verdict } from '../item.ts';
import { decide, policyKey, taken, type Verdicts } from '../verdict.ts';
import { counterparts } from './counterparts.ts';
import type { Meaning } from './meaning.ts';

type Amount = bigint | 'max' | undefined;

const KEYS: readonly (readonly [path: string, v2: string, v1: string])[] = [
  ['memory.rss.limit', 'memory.max', 'memory.limit_in_bytes'],
  ['memory.rss.barrier', 'memory.high', 'memory.soft_limit_in_bytes'],
  ['memory.low', 'memory.low', ''],
  ['memory.min', 'memory.min', ''],
];
const UNLIMITED = 'not limited, as in a policy that does not say it';

/** memory.* of both hierarchies, and RLIMIT_DATA. */
export function memoryVerdicts(lines: readonly Meaning[]): Verdicts {
  const verdicts = new Map<Item, Verdict>();
  for (const [path, v2, v1] of KEYS) {
    for (const [item, verdict] of counterparts(lines, v2, v1, amountOf, (amount) => limitVerdict(amount, path))) {
      verdicts.set(item, verdict);
    }
  }
  const limit = amountIn(lines, 'memory.max') ?? amountIn(lines, 'memory.limit_in_bytes');
  for (const { item, name } of lines) {
    const verdict = together(name, item.value, limit, lines);
    if (verdict !== undefined) verdicts.set(item, verdict);
  }
  return verdicts;
}

function limitVerdict(amount: Amount, path: string): Verdict {
  if (amount === 'max') return taken(UNLIMITED);
  const text = amount === undefined ? undefined : exactText(amount);
  if (text !== undefined) return taken(amountSum(amount ?? 0n), policyKey(path, text));
  if (amount === 0n && path !== 'memory.rss.limit') return taken('nothing, as anyhow');
  return decide('is no amount of memory');
}

function together(name: string, value: string, limit: Amount, lines: readonly Meaning[]): Verdict | undefined {
  if (name === 'memory.swap.max') return swapVerdict(amountOf(value), limit);
  if (name === 'memory.memsw.limit_in_bytes') return bothVerdict(amountOf(value), lines);
  if (name === 'memory.oom.group') return oomVerdict(value);
  return name === 'lxc.prlimit.data' ? dataVerdict(value, lines) : undefined;
}

function swapVerdict(swap: Amount, limit: Amount): Verdict {
  if (swap === 'max') return taken(UNLIMITED);
  if (swap === undefined) return decide('is no amount of memory');
  if (typeof limit !== 'bigint')
    return decide('swap alone cannot be limited: write memory.rss.limit and memory.as.limit');
  const sum = `memory.max ${amountSum(limit)} + swap ${amountSum(swap)} = ${amountSum(limit + swap)}`;
  const text = exactText(limit + swap);
  return text === undefined ? decide(sum) : taken(sum, policyKey('memory.as.limit', text));
}

function bothVerdict(amount: Amount, lines: readonly Meaning[]): Verdict {
  if (amountIn(lines, 'memory.swap.max') !== undefined) return decide('memory.swap.max says it for cgroup v2');
  return limitVerdict(amount, 'memory.as.limit');
}

function oomVerdict(value: string): Verdict {
  if (value === '0') return taken('one process, as anyhow');
  return value === '1' ? taken('the guest', policyKey('memory.oom', 'guest')) : decide('is neither 0 nor 1');
}

// soft:hard; the soft one is what refuses.
function dataVerdict(value: string, lines: readonly Meaning[]): Verdict {
  const [soft = ''] = value.split(':');
  if (soft === 'unlimited') return taken(UNLIMITED);
  const amount = amountOf(soft);
  const text = typeof amount === 'bigint' ? exactText(amount) : undefined;
  if (text === undefined || typeof amount !== 'bigint') return decide('is no amount of memory');
  if (lines.some(({ name }) => name === 'memory.swap.max' || name === 'memory.memsw.limit_in_bytes')) {
    return decide('memory.as.limit is memory and swap already; LXC goes on limiting data');
  }
  const settings = [policyKey('memory.as.limit', text), policyKey('memory.as.enforce', 'data')];
  return taken(`${amountSum(amount)} of each process by itself`, ...settings);
}

function amountIn(lines: readonly Meaning[], wanted: string): Amount {
  const line = lines.find(({ name }) => name === wanted);
  return line && amountOf(line.item.value);
}

/** `max` and `-1` are no limit; K, M, G, T are those of 1024. */
function amountOf(text: string): Amount {
  if (text === 'max' || text === '-1') return 'max';
  const [, digits, unit = ''] = /^(\d{1,20})([KMGTkmgt]?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : BigInt(digits) << BigInt(10 * ' KMGT'.indexOf(unit.toUpperCase() || ' '));
}
