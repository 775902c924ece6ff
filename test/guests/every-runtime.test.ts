import { expect, test } from 'vitest';
import { everyRuntime } from '../../src/guests/every-runtime.ts';
import type { Guest } from '../../src/model/guest.ts';
import type { GuestFinder } from '../../src/ports/guests.ts';

const instance = { pid: 7, startTime: '99', cgroup: '/x' };

function finder(id: string, guests: readonly Guest[], found: Partial<GuestFinder> = {}): GuestFinder {
  return {
    find: async () => ({ ok: true, value: { guests, starting: [id], unheard: [] } }),
    locate: async (name) => ({ ok: true, value: guests.find((guest) => guest.name === name) }),
    awaitsInit: async () => false,
    stopping: async () => [`${id}1`],
    isCleared: () => true,
    keeper: () => undefined,
    cgroups: () => [],
    isAtWork: () => false,
    configuredDevices: () => undefined,
    concerns: (asked) => (asked === id ? 'all' : undefined),
    ...found,
  };
}

const lxc = (name: string, runs = false): Guest => ({ name, runtime: 'lxc', ...(runs && { instance }) });
const nspawn = (name: string, runs = false): Guest => ({ name, runtime: 'nspawn', ...(runs && { instance }) });

test("the guests of every runtime are found, and each runtime's folders are its own", async () => {
  const both = everyRuntime([finder('a', [lxc('web1')]), finder('b', [nspawn('m1', true)])]);
  expect(await both.find()).toEqual({
    ok: true,
    value: { guests: [lxc('web1'), nspawn('m1', true)], starting: ['a', 'b'], unheard: [] },
  });
  expect(await both.locate('m1')).toEqual({ ok: true, value: nspawn('m1', true) });
  expect(await both.locate('nobody')).toEqual({ ok: true, value: undefined });
  expect(['a', 'b', 'c'].map((id) => both.concerns(id, ''))).toEqual(['all', 'all', undefined]);
});

test('who is being stopped is asked of every runtime', async () => {
  expect(await everyRuntime([finder('a', []), finder('b', [])]).stopping()).toEqual(['a1', 'b1']);
});

test.each([
  [lxc('x'), nspawn('x'), { ...lxc('x'), alsoOf: 'nspawn' }],
  [lxc('x'), nspawn('x', true), { ...nspawn('x', true), alsoOf: 'lxc' }],
  [lxc('x', true), nspawn('x', true), { ...lxc('x', true), alsoOf: 'nspawn' }],
])('a name that two runtimes use is one guest that tells of the other', async (first, second, merged) => {
  const both = everyRuntime([finder('a', [first]), finder('b', [second])]);
  expect(await both.locate('x')).toEqual({ ok: true, value: merged });
  expect(await both.find()).toMatchObject({ ok: true, value: { guests: [merged] } });
});

test('a runtime that does not answer says nothing about the guests of another', async () => {
  const failed = { ok: false, failed: { errno: 'EPIPE', call: 'executor', subject: '' } } as const;
  const both = everyRuntime([
    finder('a', [lxc('x')]),
    finder('b', [], { find: async () => failed, locate: async () => failed }),
  ]);
  expect(await both.find()).toEqual(failed);
  expect(await both.locate('x')).toEqual(failed);
});

test("what a guest may open by its configuration is its runtime's word", () => {
  const grants = [{ number: 'c:1:3', access: 'rwm' }] as const;
  const both = everyRuntime([finder('a', []), finder('b', [], { configuredDevices: () => grants })]);
  expect(both.configuredDevices('x')).toEqual(grants);
});

test('an init is awaited that any runtime awaits', async () => {
  const awaits = (...names: readonly string[]) => finder('a', [], { awaitsInit: async (name) => names.includes(name) });
  const both = everyRuntime([awaits('x'), awaits('y')]);
  expect(await Promise.all(['x', 'y', 'z'].map(both.awaitsInit))).toEqual([true, true, false]);
});
