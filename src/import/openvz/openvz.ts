import { type Beancounter, inconsistencies } from '../../limits/beancounters.ts';
import type { Turn } from '../boot-order.ts';
import type { System } from '../import.ts';
import type { Item, SourceGuest, Verdict } from '../item.ts';
import { decide, LINK, none, policyKey, taken, type Verdicts } from '../verdict.ts';
import { type Amount, boundsOf, UNITS } from './bounds.ts';
import { deviceVerdicts } from './devices.ts';
import { fixedVerdicts } from './fixed.ts';
import { memoryVerdicts } from './memory.ts';
import { processorVerdicts } from './processors.ts';
import { startVerdicts, turnsOf } from './start.ts';

/** OpenVZ with vzctl. */
export const openvz: System = {
  rulesFile: 'rules/openvz.yaml',
  verdicts: (all) => {
    const turns = turnsOf(all);
    return (guest) => verdictsOf(guest, turns, all.length === 1);
  },
  findings: ({ items }) => inconsistencies(beancounters(items)),
};

function verdictsOf(guest: SourceGuest, turns: readonly Turn[], isAlone: boolean): Verdicts {
  const { name, items } = guest;
  const known = [
    fixedVerdicts(name, items),
    unreadBounds(items),
    memoryVerdicts(items),
    processVerdicts(items),
    processorVerdicts(items),
    deviceVerdicts(items),
    startVerdicts(guest, turns, isAlone),
    overridden(items),
    new Map(items.flatMap((item) => (item.value.startsWith('-> ') ? [[item, decide(LINK)] as const] : []))),
  ];
  return new Map(known.flatMap((verdicts) => [...verdicts]));
}

const BEANCOUNTERS = Object.keys(UNITS).filter((name): name is Beancounter => name in UNITS);

function unreadBounds(items: readonly Item[]): Verdicts {
  const unread = BEANCOUNTERS.filter((name) => boundsOf(items, name) === undefined);
  const keys = new Set(unread.map((name) => name.toUpperCase()));
  return new Map(
    items.flatMap((item): readonly (readonly [Item, Verdict])[] =>
      keys.has(item.key) ? [[item, decide(`${JSON.stringify(item.value)} is no barrier:limit`)]] : [],
    ),
  );
}

function processVerdicts(items: readonly Item[]): Verdicts {
  const bounds = boundsOf(items, 'numproc');
  if (bounds === undefined) return new Map();
  const { item, limit } = bounds;
  if (limit === 'unlimited') return new Map([[item, taken('not limited, as in a policy that does not say it')]]);
  return new Map([[item, taken('its limit, processes and threads', policyKey('processes.limit', Number(limit)))]]);
}

// The last one of a name counts, in the shell and in vzctl.
function overridden(items: readonly Item[]): Verdicts {
  const last = new Map(items.map(({ key, line, file }) => [key, `${file}:${line}`]));
  return new Map(
    items.flatMap((item): readonly (readonly [Item, Verdict])[] => {
      const where = last.get(item.key);
      if (item.key === 'statement' || where === `${item.file}:${item.line}`) return [];
      return [[item, none(`said again in ${where}, which counts`)]];
    }),
  );
}

function beancounters(items: readonly Item[]): Parameters<typeof inconsistencies>[0] {
  return Object.fromEntries(
    BEANCOUNTERS.flatMap((name) => {
      const bounds = boundsOf(items, name);
      return bounds === undefined ? [] : [[name, { barrier: numberOf(bounds.barrier), limit: numberOf(bounds.limit) }]];
    }),
  );
}

function numberOf(amount: Amount): number {
  return amount === 'unlimited' ? Number.POSITIVE_INFINITY : Number(amount);
}
