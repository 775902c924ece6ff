import { amountSum, exactText, PAGE, pagesSum } from '../amount.ts';
import type { Item, Verdict } from '../item.ts';
import { decide, none, policyKey, taken, type Verdicts } from '../verdict.ts';
import { type Amount, boundsOf } from './bounds.ts';

const INFINITE = 'not limited, as in a policy that does not say it';
const TO_GUEST = [policyKey('memory.as.scope', 'guest')];

/** Of the guest, in pages; undefined: it says nothing of it. */
interface Pages {
  readonly physical: Amount | undefined;
  readonly swap: Amount | undefined;
  readonly guaranteed: bigint;
}

/** PHYSPAGES and SWAPPAGES, PRIVVMPAGES, VMGUARPAGES and OOMGUARPAGES. */
export function memoryVerdicts(items: readonly Item[]): Verdicts {
  const [physical, swap] = [boundsOf(items, 'physpages'), boundsOf(items, 'swappages')];
  const [privvm, vmguar, oomguar] = [
    boundsOf(items, 'privvmpages'),
    boundsOf(items, 'vmguarpages'),
    boundsOf(items, 'oomguarpages'),
  ];
  const guarantees = [vmguar?.barrier ?? 0n, oomguar?.barrier ?? 0n].filter((amount) => amount !== 'unlimited');
  const [guaranteed = 0n] = guarantees.sort((one, other) => (one < other ? 1 : -1));
  const pages: Pages = { physical: physical?.limit, swap: swap?.limit, guaranteed };
  const first = [vmguar, oomguar].find((bounds) => bounds?.barrier === guaranteed);
  return new Map(
    [
      physical && ([physical.item, physicalVerdict(physical.limit)] as const),
      swap && ([swap.item, swapVerdict(swap.limit, pages)] as const),
      privvm && ([privvm.item, privateVerdict(privvm.barrier, privvm.limit, pages)] as const),
      vmguar && ([vmguar.item, guaranteeVerdict(vmguar.barrier, pages, first === vmguar)] as const),
      oomguar && ([oomguar.item, guaranteeVerdict(oomguar.barrier, pages, first === oomguar)] as const),
    ].filter((entry) => entry !== undefined),
  );
}

function physicalVerdict(limit: Amount): Verdict {
  if (limit === 'unlimited') return taken(INFINITE);
  const text = textOf(limit);
  if (text === undefined) return decide('no pages at all: no guest lives on that');
  return taken(`limit ${pagesSum(limit)}; its barrier held nobody`, policyKey('memory.rss.limit', text));
}

function swapVerdict(limit: Amount, { physical }: Pages): Verdict {
  if (limit === 'unlimited') return taken(INFINITE);
  if (physical === undefined || physical === 'unlimited') {
    return decide('swap alone cannot be limited: write memory.rss.limit too, and memory.as.limit for both together');
  }
  const text = textOf(physical + limit);
  if (text === undefined) return decide('no pages at all: no guest lives on that');
  const sum = `physpages ${physical} + swappages ${limit} = ${pagesSum(physical + limit)}`;
  return taken(sum, policyKey('memory.as.limit', text));
}

// What may be between barrier and limit are stacks that grow, which data are not.
function privateVerdict(barrier: Amount, limit: Amount, { physical, swap }: Pages): Verdict {
  if (barrier === 'unlimited') return taken(INFINITE);
  const text = textOf(barrier);
  if (text === undefined) return decide('no pages at all: no guest lives on that');
  const beyond = limit === barrier ? '' : `; between it and the limit ${limit} stacks alone grow, which are no data`;
  const sum = `barrier ${pagesSum(barrier)}${beyond}`;
  if (typeof physical === 'bigint' && typeof swap === 'bigint') {
    if (physical + swap === barrier) return taken(sum, policyKey('memory.as.enforce', 'both'), ...TO_GUEST);
    return decide(
      `${sum}; memory.as.limit is physpages and swappages already: where allocations shall fail write limit: ${text}, enforce: both and scope: guest there`,
    );
  }
  const settings = [policyKey('memory.as.limit', text), policyKey('memory.as.enforce', 'data'), ...TO_GUEST];
  return taken(`${sum}; an allocation above it fails, like there`, ...settings);
}

function guaranteeVerdict(barrier: Amount, { physical, guaranteed }: Pages, isFirst: boolean): Verdict {
  if (barrier === 'unlimited') return none('no amount that could be kept for a guest');
  if (barrier === 0n) return taken('nothing is kept for it, as anyhow');
  if (!isFirst) return taken(`memory.low is ${pagesSum(guaranteed)} already, which is no less`);
  const isMore = typeof physical === 'bigint' && physical < guaranteed;
  const least = isMore ? physical : guaranteed;
  const text = textOf(least);
  if (text === undefined) return decide('there are no physpages of which it could be kept');
  const cut = isMore ? `; without swap, no more than physpages: ${amountSum(least * BigInt(PAGE))}` : '';
  return taken(`barrier ${pagesSum(guaranteed)}${cut}`, policyKey('memory.low', text));
}

function textOf(pages: bigint): string | undefined {
  return exactText(pages * BigInt(PAGE));
}
