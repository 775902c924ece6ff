import {
  ALONE,
  NOT_WITH_HOST,
  orderVerdict,
  type Place,
  placeOf,
  possibleOrder,
  type Turn,
  withOrder,
} from '../boot-order.ts';
import type { Item, SourceGuest, Verdict } from '../item.ts';
import { decide, guestKey, taken, type Verdicts, verdictsOf } from '../verdict.ts';

/** ONBOOT, BOOTORDER, DISABLED and STOP_TIMEOUT. */
export function startVerdicts({ name, items }: SourceGuest, turns: readonly Turn[], isAlone: boolean): Verdicts {
  const place = placeOf(name, turns);
  const verdicts = new Map<string, (value: string) => Verdict>([
    ['ONBOOT', (value) => onBoot(value, items, place)],
    ['BOOTORDER', () => (isAlone ? ALONE : bootOrder(items, place, turns))],
    ['DISABLED', disabled],
    ['STOP_TIMEOUT', stopTimeout],
  ]);
  return verdictsOf(items, ({ key, value }) => verdicts.get(key)?.(value));
}

/** As vzctl has it: the higher the earlier, and who has none is the last. */
export function turnsOf(guests: readonly SourceGuest[]): readonly Turn[] {
  return guests.flatMap(({ name, items }) => {
    const at = turnOf(items);
    return at === undefined || lastOf(items, 'ONBOOT') !== 'yes' || isDisabled(items) ? [] : [{ guest: name, at }];
  });
}

/** Undefined: what is said is no order. */
function turnOf(items: readonly Item[]): number | undefined {
  const said = lastOf(items, 'BOOTORDER');
  if (said === undefined) return 1;
  return /^\d{1,9}$/.test(said) ? -Number(said) : undefined;
}

function isDisabled(items: readonly Item[]): boolean {
  return lastOf(items, 'DISABLED') === 'yes';
}

function onBoot(value: string, items: readonly Item[], place: Place | undefined): Verdict {
  if (value === 'no' || value === '') return taken('not started with the host, as anyhow');
  if (value === 'auto')
    return decide(
      'started where it ran when the host went down; write start.auto: true where it is to start each time',
    );
  if (value !== 'yes') return decide(`${JSON.stringify(value)} is neither yes nor no`);
  if (isDisabled(items)) return decide('DISABLED is yes, so that it was not started all the same');
  const started = taken('started with the host', guestKey('start.auto', true));
  const saysOrder = lastOf(items, 'BOOTORDER') !== undefined;
  return place === undefined || saysOrder ? started : withOrder(started, place);
}

function disabled(value: string): Verdict {
  if (value === 'no' || value === '') return taken('it may be started, as anyhow');
  if (value !== 'yes') return decide(`${JSON.stringify(value)} is neither yes nor no`);
  return decide('a guest that may not be started; take what it is started from away');
}

function bootOrder(items: readonly Item[], place: Place | undefined, turns: readonly Turn[]): Verdict {
  const turn = turnOf(items);
  if (turn === undefined) return decide('is no number');
  if (place !== undefined) return orderVerdict(place);
  const onBoot = lastOf(items, 'ONBOOT') ?? 'no';
  return onBoot === 'no' || onBoot === '' ? NOT_WITH_HOST : possibleOrder(turn, turns);
}

function stopTimeout(value: string): Verdict {
  if (!/^[1-9]\d{0,5}$/.test(value)) return decide(`${JSON.stringify(value)} is no number of seconds`);
  return taken('seconds', guestKey('stop.timeout', `${value}s`));
}

function lastOf(items: readonly Item[], name: string): string | undefined {
  return items.findLast(({ key }) => key === name)?.value;
}
