import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENDS_MS, ownOf, planLeavings, withBelongings } from '../../src/lifecycle/leavings.ts';
import type { Belonging, LeftBelonging, Pinner } from '../../src/model/belongings.ts';
import { law } from '../devices/law.ts';

const pinner: Pinner = { pid: 7, startTime: '70', command: 'nc', how: 'in', cgroup: '/', mount: '' };
const kinds = ['net', 'link', 'cgroup', 'loop', 'root'] as const;
const belonging: fc.Arbitrary<Belonging> = fc
  .record({ kind: fc.constantFrom(...kinds), number: fc.nat(9) })
  .map(({ kind, number }) => ({ kind, id: `${kind}:${number}`, name: '' }));
const left: fc.Arbitrary<LeftBelonging> = fc
  .record({ one: belonging, isPinned: fc.boolean() })
  .map(({ one, isPinned }) => ({ ...one, pinners: isPinned && one.kind === 'net' ? [pinner] : [] }));
const anyLeft = fc.array(left, { maxLength: 6 });
const NOW = 1_000_000;

law(
  'nothing is taken away but interfaces, cgroups and loop devices that are left, and nothing that its runtime may still use',
  fc.record({ left: anyLeft, ageMs: fc.nat(20_000), isCleared: fc.boolean() }),
  ({ left: seen, ageMs, isCleared }) => {
    const { takes } = planLeavings({ left: seen, since: NOW - ageMs, isCleared }, NOW);
    expect(takes.filter(({ kind }) => kind === 'net' || kind === 'root')).toEqual([]);
    expect(takes.filter(({ id }) => !seen.some((one) => one.id === id))).toEqual([]);
    if (!isCleared) expect(takes).toEqual([]);
  },
);

law(
  'as long as something is left it is looked at again, and later and later',
  fc.record({ left: anyLeft, ageMs: fc.nat(20_000), isCleared: fc.boolean() }),
  ({ left: seen, ageMs, isCleared }) => {
    const { wakeAt, isSettled } = planLeavings({ left: seen, since: NOW - ageMs, isCleared }, NOW);
    expect(wakeAt === undefined).toBe(seen.length === 0);
    if (wakeAt !== undefined) expect(wakeAt).toBeGreaterThan(NOW);
    if (wakeAt === undefined) return;
    expect(wakeAt - NOW).toBeGreaterThanOrEqual(isSettled ? Math.max(5000, ageMs) : ageMs / 4);
  },
);

test('an interface goes by itself with its namespace, and is taken away only where somebody keeps that', () => {
  const link: LeftBelonging = { kind: 'link', id: 'link:1', name: 'v', pinners: [] };
  const net: LeftBelonging = { kind: 'net', id: 'net:1', name: '', pinners: [pinner] };
  const takes = (seen: readonly LeftBelonging[], ageMs: number) =>
    planLeavings({ left: seen, since: NOW - ageMs, isCleared: true }, NOW).takes.map(({ id }) => id);
  expect(takes([link], ENDS_MS - 1)).toEqual([]);
  expect(takes([link], ENDS_MS)).toEqual([]);
  expect(takes([net, link], 0)).toEqual(['link:1']);
  const open: LeftBelonging = { ...net, pinners: [{ ...pinner, how: 'open' }] };
  expect(takes([open, link], ENDS_MS - 1)).toEqual([]);
  expect(takes([open, link], ENDS_MS)).toEqual(['link:1']);
});

const start = (pid: number, ...ids: readonly string[]) => ({
  of: { pid, startTime: '9', cgroup: '/x' },
  has: ids.map((id): Belonging => ({ kind: 'cgroup', id, name: '' })),
});

test('what a start was ever seen to have is kept, and what a later one has as well is none of its own', () => {
  const starts = withBelongings(
    withBelongings(withBelongings([], start(1, 'a', 'b')), start(1, 'b', 'c')),
    start(2, 'c'),
  );
  const [first = expect.fail(), second = expect.fail()] = starts;
  expect(first.has.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(ownOf(first, starts).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(ownOf(second, starts)).toEqual([]);
});

test('of the loop devices of a start those of the last look are kept, and some that came before', () => {
  const loop = (n: number): Belonging => ({ kind: 'loop', id: `loop:3:${n}`, name: '' });
  const look = (...has: readonly Belonging[]) => ({ ...start(1), has });
  const net: Belonging = { kind: 'net', id: 'net:1', name: '' };
  let starts = withBelongings([], look(net, loop(0)));
  for (let n = 1; n < 500; n += 1) starts = withBelongings(starts, look(loop(0), loop(n)));
  const ids = starts[0]?.has.map(({ id }) => id) ?? [];
  expect(ids).toEqual(expect.arrayContaining(['net:1', 'loop:3:0', 'loop:3:499', 'loop:3:498']));
  expect(ids).not.toContain('loop:3:1');
  expect(ids.length).toBeLessThan(40);
});
