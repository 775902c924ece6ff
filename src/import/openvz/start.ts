import type { Item, SourceGuest, Verdict } from '../item.ts';
import { decide, guestKey, taken, type Verdicts, verdictsOf } from '../verdict.ts';

/** ONBOOT, BOOTORDER, DISABLED and STOP_TIMEOUT. */
export function startVerdicts({ items }: SourceGuest, all: readonly SourceGuest[]): Verdicts {
  const isDisabled = lastOf(items, 'DISABLED') === 'yes';
  const verdicts = new Map<string, (value: string) => Verdict>([
    ['ONBOOT', (value) => onBoot(value, isDisabled)],
    ['BOOTORDER', (value) => bootOrder(value, all)],
    ['DISABLED', disabled],
    ['STOP_TIMEOUT', stopTimeout],
  ]);
  return verdictsOf(items, ({ key, value }) => verdicts.get(key)?.(value));
}

function onBoot(value: string, isDisabled: boolean): Verdict {
  if (value === 'no' || value === '') return taken('not started with the host, as anyhow');
  if (value === 'auto')
    return decide(
      'started where it ran when the host went down; write start.auto: true where it is to start each time',
    );
  if (value !== 'yes') return decide(`${JSON.stringify(value)} is neither yes nor no`);
  if (isDisabled) return decide('DISABLED is yes, so that it was not started all the same');
  return taken('started with the host', guestKey('start.auto', true));
}

function disabled(value: string): Verdict {
  if (value === 'no' || value === '') return taken('it may be started, as anyhow');
  if (value !== 'yes') return decide(`${JSON.stringify(value)} is neither yes nor no`);
  return decide('a guest that may not be started; take what it is started from away');
}

// The larger the earlier; nobody waited until the earlier ones did their work.
function bootOrder(value: string, all: readonly SourceGuest[]): Verdict {
  if (!/^\d{1,9}$/.test(value)) return decide(`${JSON.stringify(value)} is no number`);
  const orders = all.map(({ name, items }) => ({ name, order: Number(lastOf(items, 'BOOTORDER') ?? 0) }));
  const next = Math.min(...orders.flatMap(({ order }) => (order > Number(value) ? [order] : [])));
  const before = orders.filter(({ order }) => order === next).map(({ name }) => name);
  if (before.length === 0) return taken('none of those that are imported was started before it');
  return decide(
    `an order without reasons: where it needs one of ${before.join(', ')}, which were started before it, write start.after with that one`,
  );
}

function stopTimeout(value: string): Verdict {
  if (!/^[1-9]\d{0,5}$/.test(value)) return decide(`${JSON.stringify(value)} is no number of seconds`);
  return taken('seconds', guestKey('stop.timeout', `${value}s`));
}

function lastOf(items: readonly Item[], name: string): string | undefined {
  return items.findLast(({ key }) => key === name)?.value;
}
