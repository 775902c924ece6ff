import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockersText } from '../../src/agent/lifecycle/blockers-text.ts';
import { BLOCKERS_MAX, keptBlockers, withWaits } from '../../src/lifecycle/blockers.ts';
import type { Blocker } from '../../src/model/stop.ts';
import { law } from '../devices/law.ts';

const OF = { pid: 100, startTime: '4711', cgroup: '/lxc.payload.web1' };
const one = (pid: number, cgroup: string, state = 'S'): Blocker => ({
  pid,
  startTime: '1',
  command: 'x',
  state,
  waitsIn: 'do_wait',
  call: '0',
  cgroup,
});
const kept = (...named: readonly Blocker[]) => keptBlockers({ of: OF }, { named, count: named.length });

test('those come first who cannot be killed, then units, those of systemd later and its init last', () => {
  const { blockers } = kept(
    one(100, '/init.scope'),
    one(2, '/system.slice/systemd-journald.service'),
    one(3, '/'),
    one(4, '/system.slice/nginx.service'),
    one(5, '/system.slice/nfs.service', 'D'),
  );
  expect(blockers.map(({ pid }) => pid)).toEqual([5, 4, 3, 2, 100]);
});

test.each(['srv-nfs.mount', 'dev-sda2.swap', 'cups.socket', 'session-1.scope'])(
  'what works for %s is told with that unit',
  (unit) => expect(blockersText([one(7, `/system.slice/${unit}`)])).toContain(unit),
);

test('who stands still is told with the mount that it waited for before that', () => {
  const moving = { ...one(7, '/', 'D'), mount: 'nfs4 files:/home /home' };
  expect(withWaits([one(7, '/', 'F'), one(8, '/')], [moving])).toEqual([moving, one(8, '/')]);
  expect(blockersText([moving])).toBe(': 1 process, x (process 7, D in do_wait on nfs4 files:/home /home)');
});

law(
  'as many are kept as there is room for, and all are counted',
  fc.tuple(fc.nat(100), fc.nat(600)),
  ([named, others]) => {
    const rows = Array.from({ length: named }, (_, pid) => {
      return { ...one(pid + 1, `/${'x'.repeat(400)}`), mount: `nfs4 ${'y'.repeat(400)}` };
    });
    const { blockers, blockerCount } = keptBlockers({ of: OF }, { named: rows, count: named + others });
    expect(blockers).toHaveLength(Math.min(named, BLOCKERS_MAX));
    expect(blockerCount).toBe(named + others);
    expect(JSON.stringify(blockers).length).toBeLessThan(20_000);
  },
);
