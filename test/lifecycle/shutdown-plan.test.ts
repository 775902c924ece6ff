import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GuestToStop, planShutdown } from '../../src/lifecycle/shutdown-plan.ts';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import type { PlannedStop } from '../../src/model/shutdown.ts';
import { law } from '../devices/law.ts';
import { orders } from './any-order.ts';

const PLACE_MS = 10_000;

const hosts = fc
  .tuple(orders, fc.array(fc.nat(60_000), { minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 8 }))
  .map(([order, times, most]) => ({
    guests: [...order].map(
      ([guest, start], at): GuestToStop => ({
        guest,
        start,
        stopMs: times[at] ?? 0,
        takesRoom: true,
        placeMs: PLACE_MS,
      }),
    ),
    most,
  }));

const guest = (name: string, stopMs: number, ...after: readonly string[]): GuestToStop => ({
  guest: name,
  start: { ...USUAL_START, after },
  stopMs,
  takesRoom: true,
  placeMs: PLACE_MS,
});

describe('the plan of a shutdown', () => {
  test('stops web before db, and says who makes it long', () => {
    const plan = planShutdown([guest('db', 20_000), guest('web', 5000, 'db'), guest('other', 1000)], 8);
    expect(plan).toMatchObject({ totalMs: 25_000, critical: ['web', 'db'] });
    expect(plan.stops.map((one) => [one.guest, one.fromMs, one.untilMs])).toEqual([
      ['other', 0, 1000],
      ['web', 0, 5000],
      ['db', 5000, 25_000],
    ]);
  });

  test('of forty guests of 3 s, eight at a time, takes 15 s', () => {
    const guests = Array.from({ length: 40 }, (_, at) => guest(`g${at}`, 3000));
    expect(planShutdown(guests, 8).totalMs).toBe(15_000);
  });

  test('of forty of which two have something to do before takes as long as the longest, and as those two where one waits', () => {
    const guests = Array.from({ length: 40 }, (_, at) => ({ ...guest(`g${at}`, 3000), takesRoom: at < 2 }));
    expect(planShutdown(guests, 2).totalMs).toBe(3000);
    expect(planShutdown(guests, 1)).toMatchObject({ totalMs: 6000, critical: ['g0', 'g1'] });
  });

  test('of eight that hang and twelve that do not: those are stopped when the first have kept their places for long enough', () => {
    const guests = Array.from({ length: 20 }, (_, at) => guest(`g${at}`, at < 8 ? 60_000 : 3000));
    const { stops, totalMs } = planShutdown(guests, 8);
    expect(totalMs).toBe(60_000);
    expect(stops.map(({ fromMs, untilMs, behind }) => [fromMs, untilMs, behind])).toEqual([
      ...Array.from({ length: 8 }, () => [10_000, 13_000, 'g0']),
      ...Array.from({ length: 4 }, (_, at) => [13_000, 16_000, `g${8 + at}`]),
      ...Array.from({ length: 8 }, () => [0, 60_000, undefined]),
    ]);
  });

  test('of one that hangs has those behind it in the order wait until it has ended', () => {
    const plan = planShutdown([guest('db', 1000), guest('web', 60_000, 'db'), guest('other', 1000)], 1);
    expect(plan.stops.map((one) => [one.guest, one.fromMs, one.untilMs])).toEqual([
      ['other', 10_000, 11_000],
      ['web', 0, 60_000],
      ['db', 60_000, 61_000],
    ]);
    expect(plan.critical).toEqual(['web', 'db']);
  });

  test('of nobody takes no time', () => {
    expect(planShutdown([], 8)).toEqual({ totalMs: 0, stops: [], critical: [] });
  });

  law('stops all, none before who waits for it has ended, and never too many at a time', hosts, ({ guests, most }) => {
    const { stops, totalMs } = planShutdown(guests, most);
    expect(stops.map((one) => one.guest).sort()).toEqual(guests.map((one) => one.guest).sort());
    const at = new Map(stops.map((one) => [one.guest, one]));
    for (const { guest: name, start } of guests)
      for (const other of start.after) expect(at.get(other)?.fromMs).toBeGreaterThanOrEqual(at.get(name)?.untilMs ?? 0);
    const placeUntil = ({ fromMs, untilMs }: PlannedStop) => Math.min(fromMs + PLACE_MS, untilMs);
    for (const { fromMs } of stops)
      expect(stops.filter((one) => one.fromMs <= fromMs && fromMs < placeUntil(one)).length).toBeLessThanOrEqual(most);
    expect(totalMs).toBe(Math.max(...stops.map(({ untilMs }) => untilMs)));
  });

  law('says whose stops, one behind the other, take all that time', hosts, ({ guests, most }) => {
    const { critical, stops, totalMs } = planShutdown(guests, most);
    const path = critical.map((name) => stops.find((one) => one.guest === name));
    expect([path[0]?.fromMs ?? 0, path.at(-1)?.untilMs ?? 0]).toEqual([0, totalMs]);
    for (const [at, one] of path.entries()) {
      const before = path[at - 1];
      if (before) expect([before.untilMs, before.fromMs + PLACE_MS]).toContain(one?.fromMs);
    }
  });
});
