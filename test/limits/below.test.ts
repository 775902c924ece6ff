import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hitsAfter, NO_HITS, totalOf } from '../../src/limits/hits.ts';
import { law } from '../devices/law.ts';

const AT = '2026-01-01T00:00:00Z';

describe('refusals in cgroups below', () => {
  /** One cgroup is refused something, comes anew in place of another, or a look meets so many of them. */
  const step = fc.oneof(
    fc.record({ kind: fc.constant('refused' as const), at: fc.nat({ max: 5 }) }),
    fc.record({ kind: fc.constant('anew' as const), at: fc.nat({ max: 5 }) }),
    fc.record({ kind: fc.constant('look' as const), at: fc.nat({ max: 6 }) }),
  );
  law('are each counted once, while cgroups come and go and looks do not see them all', fc.array(step), (steps) => {
    let ledger = hitsAfter(NO_HITS, 'e', { processes: 0 }, AT);
    let made = 6;
    const groups = Array.from({ length: 6 }, (_, at) => ({ name: `${at}`, refused: 0, lost: 0 }));
    let [all, unseen] = [0, 0];
    const look = (most: number) => {
      const counts = Object.fromEntries(
        groups.slice(0, most).flatMap(({ name, refused }) => (refused === 0 ? [] : [[name, refused]])),
      );
      for (const group of groups.slice(0, most)) group.lost = 0;
      ledger = hitsAfter(ledger, 'e', { processes: 0 }, AT, { counts, isWhole: most === 6 });
    };
    for (const { kind, at } of steps) {
      const group = groups[at];
      if (kind === 'look') look(at);
      else if (group === undefined) continue;
      else if (kind === 'refused') [group.refused, group.lost, all] = [group.refused + 1, group.lost + 1, all + 1];
      else {
        unseen += group.lost;
        made += 1;
        groups[at] = { name: `${made}`, refused: 0, lost: 0 };
      }
    }
    look(6);
    expect(totalOf(ledger, 'processes')).toBe(all - unseen);
  });

  test('of a start that is over are no longer kept', () => {
    const below = { counts: { 7: 3 }, isWhole: true };
    const first = hitsAfter(NO_HITS, 'one', {}, AT, below);
    expect(first.below).toEqual({ 7: 3 });
    expect(hitsAfter(first, 'one', {}, AT)).toEqual(first);
    const second = hitsAfter(first, 'two', {}, AT);
    expect(second.below).toBeUndefined();
    expect(totalOf(hitsAfter(second, 'two', {}, AT, below), 'processes')).toBe(6);
  });

  test('in more cgroups than can be kept are left out rather than counted twice', () => {
    const many = (from: number, to: number) => ({
      counts: Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`${from + at}`, 1])),
      isWhole: false,
    });
    let ledger = NO_HITS;
    for (let from = 0; from < 3000; from += 250) ledger = hitsAfter(ledger, 'e', {}, AT, many(from, from + 250));
    expect(totalOf(ledger, 'processes')).toBe(1024);
    for (let from = 0; from < 3000; from += 250) ledger = hitsAfter(ledger, 'e', {}, AT, many(from, from + 250));
    expect(totalOf(ledger, 'processes')).toBe(1024);
  });
});
