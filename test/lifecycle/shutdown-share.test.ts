import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOf } from '../../src/lifecycle/shutdown-share.ts';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import { stopsNow } from '../../src/lifecycle/stop-turns.ts';

interface Guest {
  readonly after: readonly string[];
  readonly stopMs: number;
}

function still(guests: Readonly<Record<string, Guest>>, waiting = Object.keys(guests)) {
  return {
    waiting: new Set(waiting),
    startOf: (guest: string) => ({ ...USUAL_START, after: guests[guest]?.after ?? [] }),
    stopMs: (guest: string) => guests[guest]?.stopMs ?? 0,
  };
}

const WEB_AND_DB = {
  slow: { after: ['db'], stopMs: 1_800_000 },
  web: { after: ['db'], stopMs: 10_000 },
  db: { after: [], stopMs: 60_000 },
  quick: { after: ['app'], stopMs: 100 },
  app: { after: ['db'], stopMs: 60_000 },
};

test.each([
  ['all but what is needed behind it, where that is enough', 'web', 120_000, 60_000],
  ['what little it needs, where there is not enough for all', 'web', 35_000, 10_000],
  ['the same part as others that need more than there is', 'slow', 120_000, 60_000],
  ['all that is left, for the last', 'db', 20_000, 20_000],
  ['ten seconds, when nobody is behind it', 'db', 4000, 10_000],
  ['ten seconds, when the time is over', 'app', -1000, 10_000],
  ['ten seconds, where its part is too short to be asked in', 'app', 1900, 10_000],
  ['no ten seconds that those behind it need to be asked', 'app', 12_000, 6000],
  ['more than it needed on other days, but no more than the part of each', 'quick', 12_000, 4000],
  ['ten seconds although it needed less on other days', 'quick', 60_000, 10_000],
])('a guest has %s', (_, guest, leftMs, share) => {
  expect(shareOf(guest, still(WEB_AND_DB), leftMs)).toBe(share);
});

test('who has ended needs nothing any more', () => {
  expect(shareOf('web', still(WEB_AND_DB, ['web']), 35_000)).toBe(35_000);
});

test('in a circle nobody is left out', () => {
  const circle = { one: { after: ['two'], stopMs: 10_000 }, two: { after: ['one'], stopMs: 10_000 } };
  expect(shareOf('one', still(circle), 100_000)).toBe(90_000);
});

/** Guests that were started after others of a lower number. */
const guestsThat = (stopMs: fc.Arbitrary<number>) =>
  fc
    .array(fc.record({ stopMs, after: fc.array(fc.nat(20), { maxLength: 4 }) }), { minLength: 1, maxLength: 12 })
    .map(
      (rows): Record<string, Guest> =>
        Object.fromEntries(
          rows.map(({ stopMs, after }, at) => [
            `g${at}`,
            { stopMs, after: [...new Set(after.filter((other) => other < at))].map((other) => `g${other}`) },
          ]),
        ),
    );

const PARTS = fc.array(fc.double({ min: 0, max: 1, noNaN: true }));

/** When each was asked to halt, and what it had; each takes that part of it. */
function shutdown(guests: Readonly<Record<string, Guest>>, limit: number, parts: readonly number[]) {
  const left = new Set(Object.keys(guests));
  const stopping = new Map<string, number>();
  const asked: { readonly name: string; readonly at: number; readonly share: number }[] = [];
  for (let now = 0; left.size > 0; ) {
    const { startOf } = still(guests);
    const waiting = [...left].filter((one) => !stopping.has(one));
    for (const name of stopsNow({ now, stopping, waiting, startOf, takesRoom: () => false, most: 0, endsAt: limit })) {
      const share = shareOf(name, still(guests, [...left]), limit - now);
      asked.push({ name, at: now, share });
      stopping.set(name, now + share * (parts[Number(name.slice(1))] ?? 1));
    }
    const [first = ['', limit] as const] = [...stopping].sort(([, one], [, other]) => one - other);
    const isLate = now < limit && first[1] > limit;
    now = isLate ? limit : first[1];
    if (isLate) continue;
    stopping.delete(first[0]);
    left.delete(first[0]);
  }
  return asked;
}

/** How many halt one after the other, and how long they take. */
function longest(guests: Readonly<Record<string, Guest>>, of: (guest: Guest) => number): number {
  const chain = (guest: Guest | undefined): number =>
    guest ? of(guest) + Math.max(0, ...guest.after.map((other) => chain(guests[other]))) : 0;
  return Math.max(...Object.values(guests).map(chain));
}

test('whoever takes all that it may, or less, all are asked in time, and where the time is enough each has what it needs', () => {
  fc.assert(
    fc.property(guestsThat(fc.nat(60_000)), fc.integer({ min: 1, max: 600_000 }), PARTS, (guests, limit, parts) => {
      const asked = shutdown(guests, limit, parts);
      expect(asked.map(({ name }) => name).sort()).toEqual(Object.keys(guests).sort());
      expect(Math.max(...asked.map(({ at }) => at))).toBeLessThanOrEqual(limit + 1e-6);
      if (longest(guests, ({ stopMs }) => Math.max(stopMs, 10_000)) > limit) return;
      for (const { name, share } of asked) expect(share).toBeGreaterThanOrEqual((guests[name]?.stopMs ?? 0) - 1e-6);
    }),
  );
});

test('where nobody knows what they need, each is asked in its turn, and is heard before the time is over', () => {
  fc.assert(
    fc.property(
      guestsThat(fc.constant(1_800_000)),
      fc.integer({ min: 1, max: 60_000 }),
      PARTS,
      (guests, limit, parts) => {
        const most = longest(guests, () => 1);
        fc.pre(limit > 1001 * most);
        for (const { at } of shutdown(guests, limit, parts))
          expect(limit - at).toBeGreaterThanOrEqual(limit / most - 1e-6);
      },
    ),
  );
});
