import { exactText, PAGE, pagesSum } from '../amount.ts';
import type { Item, Setting, Verdict } from '../item.ts';
import { decide, IN_RSS, none, policyKey, taken, type Verdicts } from '../verdict.ts';
import { parseLimit, type Values } from './values.ts';

const LEAST_DATA = 64n << 20n;
const INFINITE = 'not limited, as in a policy that does not say it';
const IS_NO_LIMIT = 'is no limit; write a number, with k, K, m or M, or inf';

/** rlimits/: pages of 4 KiB of memory and address space, and a number of processes. */
export function memoryVerdicts(values: Values): Verdicts {
  const read = values.below('rlimits').flatMap((item) => limitOf(item));
  const hard = new Map(read.filter(({ bound }) => bound === 'hard').map((limit) => [limit.resource, limit.amount]));
  // What counts for both counts where one of them is not said by itself.
  for (const { resource, bound, amount } of read) if (bound === '' && !hard.has(resource)) hard.set(resource, amount);
  const said = new Set(read.map(({ resource, bound }) => `${resource}.${bound}`));
  return new Map(read.map((limit) => [limit.item, verdictOf(limit, hard, said)]));
}

interface Limit {
  readonly item: Item;
  readonly resource: string;
  readonly bound: '' | 'min' | 'soft' | 'hard';
  readonly amount: bigint | 'inf' | undefined;
}
type Hard = ReadonlyMap<string, Limit['amount']>;

function limitOf(item: Item): readonly Limit[] {
  const [, resource = '', min, soft, hard] = /^rlimits\/([a-z]+)(?:\.(?:(min)|(soft)|(hard)))?$/.exec(item.key) ?? [];
  if (resource === '') return [];
  const bound = min ? 'min' : soft ? 'soft' : hard ? 'hard' : '';
  return [{ item, resource, bound, amount: parseLimit(item.value) }];
}

function verdictOf(limit: Limit, hard: Hard, said: ReadonlySet<string>): Verdict {
  const { resource, bound, amount, item } = limit;
  if (amount === undefined) return decide(`${JSON.stringify(item.value)} ${IS_NO_LIMIT}`);
  if (bound === 'min')
    return none('the kernel of VServer took it and did nothing with it; memory.min of a policy is kept');
  if (bound === '' && said.has(`${resource}.hard`)) return none(`rlimits/${resource}.hard says it`);
  if (amount === 'inf') return taken(INFINITE);
  if (resource === 'rss') return bound === 'soft' ? barrier(amount, hard.get('rss')) : resident(amount);
  if (resource === 'as' && bound !== 'soft') return addressSpace(amount, hard.get('rss'));
  if (resource === 'nproc' && bound !== 'soft') {
    return taken('processes and threads, as there', policyKey('processes.limit', Number(amount)));
  }
  return none(OTHERS.get(resource) ?? (bound === 'soft' ? 'VServer counted it and refused nothing by it' : NOTHING));
}

const NOTHING = 'no limit of a whole guest is like it';
const OTHERS = new Map(
  Object.entries({
    nofile: `${NOTHING}; lxc.prlimit.nofile holds each process`,
    openfd: `${NOTHING}; lxc.prlimit.nofile holds each process`,
    locks: NOTHING,
    memlock: `${NOTHING}; lxc.prlimit.memlock holds each process`,
    msgq: `${NOTHING}; lxc.prlimit.msgqueue holds each user`,
    shmem: `${NOTHING}; ${IN_RSS}`,
    anon: `${NOTHING}; ${IN_RSS}`,
    dentry: `${NOTHING}; ${IN_RSS}`,
  }),
);

function resident(pages: bigint): Verdict {
  return amounts(pages, (text) => [policyKey('memory.rss.limit', text)], 'with what is cached for the guest');
}

// The kernel of VServer took a soft limit above the hard one for the hard one.
function barrier(pages: bigint, hard: Limit['amount']): Verdict {
  const least = typeof hard === 'bigint' && hard < pages ? hard : pages;
  const clamped = least < pages ? `cut to rss.hard, like there: ${least} of ` : '';
  const differs =
    'VServer showed it as the size of memory and refused nothing by it, the kernel takes memory back above it';
  return amounts(least, (text) => [policyKey('memory.rss.barrier', text)], differs, clamped);
}

// VServer refused an allocation and killed nobody.
function addressSpace(pages: bigint, rss: Limit['amount']): Verdict {
  const bytes = pages * BigInt(PAGE);
  const isAboveRss = typeof rss === 'bigint' && rss <= pages;
  if (bytes >= LEAST_DATA) {
    const enforce = isAboveRss ? 'both' : 'data';
    const settings = (text: string) => [
      policyKey('memory.as.limit', text),
      policyKey('memory.as.enforce', enforce),
      policyKey('memory.as.scope', 'guest'),
    ];
    const swap = isAboveRss ? ', and what is more than rss.hard is swap' : '';
    return amounts(pages, settings, `an allocation above it fails, like there; data counts, not every address${swap}`);
  }
  if (isAboveRss) {
    const differs =
      'memory and swap together: above it a process is killed, VServer refused the allocation; that needs at least 64MiB';
    return amounts(pages, (text) => [policyKey('memory.as.limit', text)], differs);
  }
  return decide(
    `${pagesSum(pages)}: without an rss.hard below it, it could hold data alone, which needs at least 64MiB`,
  );
}

function amounts(pages: bigint, settings: (text: string) => readonly Setting[], says: string, before = ''): Verdict {
  const text = exactText(pages * BigInt(PAGE));
  if (text === undefined) return decide('no pages at all: no guest lives on that');
  return taken(`${before}${pagesSum(pages)}; ${says}`, ...settings(text));
}
