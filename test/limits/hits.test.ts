import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hitsAfter, NO_HITS, newHits, totalOf } from '../../src/limits/hits.ts';
import { law } from '../devices/law.ts';

const AT = '2026-01-01T00:00:00Z';

describe('hits', () => {
  test('survive the agent, the guest and the host, and the next one is one more', () => {
    const first = hitsAfter(NO_HITS, 'boot1 cgroup1', { rss: 37 }, AT);
    const restarted = hitsAfter(first, 'boot1 cgroup1', { rss: 37 }, 'later');
    const again = hitsAfter(restarted, 'boot1 cgroup2', { rss: 0 }, 'later');
    const rebooted = hitsAfter(again, 'boot2 cgroup1', { rss: 0 }, 'later');
    for (const ledger of [first, restarted, again, rebooted]) expect(totalOf(ledger, 'rss')).toBe(37);
    const next = hitsAfter(rebooted, 'boot2 cgroup1', { rss: 1 }, 'then');
    expect(next.hits.rss).toEqual({ total: 38, last: 1, firstAt: AT, lastAt: 'then' });
    expect(newHits(rebooted, next)).toEqual({ rss: 1 });
  });

  test('of a counter that somebody set back are counted from there', () => {
    const before = hitsAfter(NO_HITS, 'e', { oom: 5 }, AT);
    expect(totalOf(hitsAfter(before, 'e', { oom: 2 }, AT), 'oom')).toBe(7);
  });

  test('of a counter that cannot be read for a while are not lost', () => {
    const before = hitsAfter(NO_HITS, 'e', { oom: 5 }, AT);
    const unread = hitsAfter(before, 'e', {}, AT);
    expect(totalOf(hitsAfter(unread, 'e', { oom: 6 }, AT), 'oom')).toBe(6);
  });

  const lives = fc.array(fc.array(fc.nat({ max: 50 }), { maxLength: 10 }), { maxLength: 6 });
  law('are what the kernel counted in all lives together, and never go back', lives, (steps) => {
    let ledger = NO_HITS;
    for (const [life, added] of steps.entries()) {
      let counter = 0;
      for (const more of added) {
        counter += more;
        const before = totalOf(ledger, 'rss');
        ledger = hitsAfter(ledger, `life ${life}`, { rss: counter }, AT);
        expect(totalOf(ledger, 'rss') - before).toBe(more);
      }
    }
    expect(totalOf(ledger, 'rss')).toBe(steps.flat().reduce((sum, more) => sum + more, 0));
  });
});
