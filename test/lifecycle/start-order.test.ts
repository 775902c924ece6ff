import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import { areOver, newStart, planStarts } from '../../src/lifecycle/start-order.ts';
import type { StartSettings } from '../../src/model/lifecycle.ts';
import type { StartingGuest } from '../../src/model/start.ts';
import { law } from '../devices/law.ts';
import { orders } from './any-order.ts';

/** When a guest is ready, or fails, after it was begun; neither: never. */
interface Behaviour {
  readonly readyMs?: number | undefined;
  readonly failMs?: number | undefined;
}

interface Begun {
  readonly guest: string;
  readonly at: number;
  /** As the others were then. */
  readonly starts: ReadonlyMap<string, StartingGuest>;
}

/** All that happens until nothing more comes of it. */
function story(order: ReadonlyMap<string, StartSettings>, how: (guest: string) => Behaviour, most: number) {
  let starts: readonly StartingGuest[] = [...order].map(([guest, settings]) => newStart(guest, settings, 0));
  const begunAt = new Map<string, number>();
  const begun: Begun[] = [];
  let [now, busiest] = [0, 0];
  for (let looks = 0; looks < 1000; looks += 1) {
    const observed = (guest: string) => {
      const at = begunAt.get(guest) ?? Number.POSITIVE_INFINITY;
      const { readyMs = Number.POSITIVE_INFINITY, failMs = Number.POSITIVE_INFINITY } = how(guest);
      return { runs: now >= at, isReady: now >= at + readyMs, isFailed: now >= at + failMs };
    };
    const plan = planStarts(starts, observed, most, now);
    starts = plan.starts;
    busiest = Math.max(busiest, starts.filter(({ phase }) => phase === 'starting').length);
    for (const guest of plan.begin) {
      begunAt.set(guest, now);
      begun.push({ guest, at: now, starts: new Map(starts.map((start) => [start.guest, start])) });
    }
    if (areOver(starts) && plan.begin.length === 0) return { starts, begun, endedAt: now, busiest };
    const events = [...begunAt].flatMap(([guest, at]) => Object.values(how(guest)).map((ms = 0) => at + ms));
    now = Math.min(...[...events, plan.wakeAt ?? Number.POSITIVE_INFINITY].filter((at) => at > now));
  }
  throw new Error('it never ends');
}

const perhaps = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });
const worlds = fc.tuple(
  orders,
  fc.array(fc.record({ readyMs: perhaps, failMs: perhaps }), { minLength: 8, maxLength: 8 }),
  fc.integer({ min: 1, max: 4 }),
);
type World = typeof worlds extends fc.Arbitrary<infer Value> ? Value : never;
const run = ([order, behaviours, most]: World) =>
  story(order, (guest) => behaviours[Number(guest.slice(1))] ?? {}, most);

describe('guests that are started', () => {
  law('all come to an end, however long others take', worlds, (world) => {
    const total = [...world[0].values()].reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
    expect(run(world).endedAt).toBeLessThanOrEqual(total);
  });

  law('are begun once each, and never more than so many at a time', worlds, (world) => {
    const { begun, busiest } = run(world);
    expect(new Set(begun.map(({ guest }) => guest)).size).toBe(begun.length);
    expect(busiest).toBeLessThanOrEqual(world[2]);
  });

  law('begin when all that they wait for are ready, or need not be', worlds, (world) => {
    for (const { guest, starts } of run(world).begun) {
      for (const other of world[0].get(guest)?.after ?? []) {
        const { phase, settings } = starts.get(other) ?? newStart(other, USUAL_START, 0);
        const mayBeLate = settings.late === 'continue' && (phase === 'late' || phase === 'failed');
        expect(phase === 'ready' || mayBeLate).toBe(true);
      }
    }
  });

  law('are all ready where each is in time', orders, (order) => {
    const { starts } = story(order, () => ({ readyMs: 0 }), 2);
    expect(starts.map(({ phase }) => phase)).toEqual(starts.map(() => 'ready'));
  });

  const chain = (late: StartSettings['late']) =>
    new Map([
      ['web', { ...USUAL_START, after: ['db'] }],
      ['db', { ...USUAL_START, late }],
    ]);
  const phases = (late: StartSettings['late'], db: Behaviour) =>
    story(chain(late), (guest) => (guest === 'db' ? db : { readyMs: 1 }), 4).starts.map(({ phase, by }) => [phase, by]);

  test.each([
    [
      'hold',
      [
        ['held', 'db'],
        ['late', undefined],
      ],
    ],
    [
      'continue',
      [
        ['ready', undefined],
        ['late', undefined],
      ],
    ],
    [
      'fail',
      [
        ['failed', 'db'],
        ['late', undefined],
      ],
    ],
  ] as const)('behind one that is late do what it says: %s', (late, expected) => {
    expect(phases(late, {})).toEqual(expected);
  });

  test('behind one that cannot be started do the same', () => {
    expect(phases('hold', { failMs: 5 })).toEqual([
      ['held', 'db'],
      ['failed', undefined],
    ]);
  });

  test('that wait for one that is held itself are held by the one that is late, whose late it is that says so', () => {
    const held = (late: StartSettings['late'], dbLate: StartSettings['late'] = 'hold') => {
      const three = new Map([
        ['web', { ...USUAL_START, after: ['db'] }],
        ['db', { ...USUAL_START, after: ['storage'], late: dbLate }],
        ['storage', { ...USUAL_START, late }],
      ]);
      const { starts } = story(three, (guest) => (guest === 'storage' ? {} : { readyMs: 1 }), 4);
      return starts.slice(0, 2).map(({ phase, by }) => [phase, by]);
    };
    for (const dbLate of ['hold', 'continue', 'fail'] as const)
      expect(held('hold', dbLate)).toEqual([
        ['held', 'storage'],
        ['held', 'storage'],
      ]);
    expect(held('continue')).toEqual([
      ['ready', undefined],
      ['ready', undefined],
    ]);
    expect(held('fail')).toEqual([
      ['held', 'db'],
      ['failed', 'storage'],
    ]);
  });

  test('that are held go on as soon as the one that was late is ready', () => {
    const late = planStarts(
      [
        { guest: 'web', settings: { ...USUAL_START, after: ['db'] }, phase: 'held', since: 0, by: 'db' },
        { guest: 'db', settings: USUAL_START, phase: 'late', since: 0 },
      ],
      (guest) => ({ runs: guest === 'db', isReady: guest === 'db', isFailed: false }),
      4,
      9,
    );
    expect(late.begin).toEqual(['web']);
  });

  test('that run already are not begun, and are waited for all the same', () => {
    const plan = planStarts(
      [newStart('db', USUAL_START, 0)],
      () => ({ runs: true, isReady: false, isFailed: false }),
      4,
      7,
    );
    expect(plan).toMatchObject({ begin: [], starts: [{ phase: 'starting', since: 7 }], wakeAt: 60_007 });
  });
});
