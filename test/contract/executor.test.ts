import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import type { NumberText } from '../../src/model/number.ts';
import type { Entry } from '../../src/model/observed.ts';
import { isRoot } from '../kernel/executor-client.ts';
import { hasV1Devices } from '../kernel/hierarchies.ts';
import { eventually } from '../scenarios/eventually.ts';
import { inMemory, onKernel, type Side } from './executor-sides.ts';

const ZERO = 'c:1:5';
const FULL = 'c:1:7';
/** The kernel's log: no guest's standard set has it. */
const LOG = 'c:1:11';
const NOWHERE = 'c:4095:9';
const OURS = { mode: 0o640, uid: 3, gid: 4 } as const;

const sides: readonly (readonly [string, () => Promise<Side>, boolean])[] = [
  ['the executor in memory', inMemory, true],
  ['the executor with a guest', () => onKernel({}), isRoot && hasV1Devices],
  [
    'the executor with a guest in a user namespace',
    () => onKernel({ users: [100_000, 65_536] }),
    isRoot && hasV1Devices,
  ],
];

describe.each(sides)('%s', (_name, start, isPossible) => {
  describe.skipIf(!isPossible)('obeys the protocol:', () => {
    let side: Side;
    beforeAll(async () => {
      side = await start();
    });
    afterAll(() => side.stop());

    const apply = async (...actions: readonly Action[]) => {
      const answers = await side.executor.apply(side.guest, actions);
      return answers.map((answer) => (answer.ok ? 'ok' : `${answer.failed.errno} ${answer.failed.call}`));
    };
    const seen = async (path: string): Promise<Entry | undefined> => {
      const answer = await side.executor.observe(side.guest, [path]);
      return answer.ok ? answer.value.get(path) : undefined;
    };
    const outcome = async (asked: Promise<{ ok: boolean; failed?: { errno: string; call: string } }>) => {
      const answer = await asked;
      return answer.ok ? 'ok' : `${answer.failed?.errno} ${answer.failed?.call}`;
    };
    const mayOpen = (number: NumberText) => outcome(side.executor.verify(side.guest, number, 'rw'));

    test('nothing is asked of a guest that is not open', async () => {
      const { executor, guest } = side;
      expect(await outcome(executor.observe(guest, ['/dev']))).toBe('ESRCH guest');
      expect(await outcome(executor.grants(guest))).toBe('ESRCH guest');
      expect(await apply({ verb: 'make-folder', path: '/dev/a' })).toEqual(['ESRCH guest']);
    });

    test('a guest is opened by its init only', async () => {
      const { executor, guest, instance } = side;
      expect(await outcome(executor.open(guest, { ...instance, pid: 2 ** 22 - 1 }))).toBe('ESRCH guest');
      expect(await executor.open(guest, instance)).toMatchObject({ ok: true, value: { policy: 'confined' } });
    });

    test('what is not there is absent, also in a folder that is not there', async () => {
      expect(await seen('/dev/x')).toEqual({ kind: 'absent' });
      expect(await seen('/dev/x/y')).toEqual({ kind: 'absent' });
    });

    test('a node is as it was made, however often it is made', async () => {
      const make: Action = { verb: 'make-node', path: '/dev/n', number: ZERO, ownership: OURS };
      expect(await apply(make)).toEqual(['ok']);
      expect(await apply(make)).toEqual(['ok']);
      expect(await seen('/dev/n')).toEqual({ kind: 'device', number: ZERO, ownership: OURS });
    });

    test('a node gets another owner and mode, and another number takes its place', async () => {
      const other = { mode: 0o600, uid: 0, gid: 7 };
      expect(await apply({ verb: 'set-node', path: '/dev/n', number: ZERO, ownership: other })).toEqual(['ok']);
      expect(await seen('/dev/n')).toEqual({ kind: 'device', number: ZERO, ownership: other });
      expect(await apply({ verb: 'make-node', path: '/dev/n', number: FULL, ownership: OURS })).toEqual(['ok']);
      expect(await seen('/dev/n')).toEqual({ kind: 'device', number: FULL, ownership: OURS });
    });

    test('a node of another number is neither changed nor removed', async () => {
      const set: Action = { verb: 'set-node', path: '/dev/n', number: ZERO, ownership: OURS };
      expect(await apply(set)).toEqual(['EPERM number']);
      expect(await apply({ verb: 'remove-node', path: '/dev/n', number: ZERO })).toEqual(['EPERM number']);
      expect(await apply({ ...set, path: '/dev/not-there' })).toEqual(['ENOENT openat']);
    });

    test('a folder is made once, and goes only when it is empty', async () => {
      const node = { path: '/dev/f/n', number: ZERO } as const;
      const folder = { path: '/dev/f' };
      expect(await apply({ verb: 'make-folder', ...folder }, { verb: 'make-folder', ...folder })).toEqual(['ok', 'ok']);
      expect(await seen('/dev/f')).toEqual({ kind: 'folder', empty: true });
      expect(await apply({ verb: 'make-node', ...node, ownership: OURS })).toEqual(['ok']);
      expect(await seen('/dev/f')).toEqual({ kind: 'folder', empty: false });
      expect(await apply({ verb: 'remove-folder', ...folder })).toEqual(['ENOTEMPTY unlinkat']);
      expect(await apply({ verb: 'remove-node', ...node }, { verb: 'remove-folder', ...folder })).toEqual(['ok', 'ok']);
      expect(await seen('/dev/f')).toEqual({ kind: 'absent' });
    });

    test('a link is replaced by a link, and goes only with its own target', async () => {
      expect(await apply({ verb: 'make-link', path: '/dev/l', target: '/dev/a' })).toEqual(['ok']);
      expect(await apply({ verb: 'make-link', path: '/dev/l', target: '/dev/b' })).toEqual(['ok']);
      expect(await seen('/dev/l')).toEqual({ kind: 'link', target: '/dev/b' });
      expect(await apply({ verb: 'remove-link', path: '/dev/l', target: '/dev/a' })).toEqual(['EPERM target']);
      expect(await apply({ verb: 'remove-link', path: '/dev/l', target: '/dev/b' })).toEqual(['ok']);
      expect(await seen('/dev/l')).toEqual({ kind: 'absent' });
    });

    test.each<Action>([
      { verb: 'remove-node', path: '/dev/gone', number: ZERO },
      { verb: 'remove-node', path: '/dev/gone/below', number: ZERO },
      { verb: 'remove-link', path: '/dev/gone', target: '/dev/a' },
      { verb: 'remove-folder', path: '/dev/gone' },
      { verb: 'remove-folder', path: '/dev/gone/below' },
      { verb: 'revoke', number: LOG, access: 'rw' },
    ])('taking away what is not there is no error: $verb $path', async (action) => {
      expect(await apply(action)).toEqual(['ok']);
    });

    test('what is not ours stays as it is', async () => {
      await side.puts('file', '/dev/file');
      await side.puts('fifo', '/dev/fifo');
      expect(await seen('/dev/file')).toEqual({ kind: 'file' });
      expect(await seen('/dev/fifo')).toEqual({ kind: 'fifo' });
      for (const path of ['/dev/file', '/dev/fifo']) {
        expect(await apply({ verb: 'make-node', path, number: ZERO, ownership: OURS })).toEqual(['EEXIST foreign']);
        expect(await apply({ verb: 'make-folder', path })).toEqual(['EEXIST foreign']);
        expect(await apply({ verb: 'make-link', path, target: '/dev/a' })).toEqual(['EEXIST foreign']);
        expect(await apply({ verb: 'remove-node', path, number: ZERO })).toEqual(['EEXIST foreign']);
        expect(await apply({ verb: 'remove-link', path, target: '/dev/a' })).toEqual(['EEXIST foreign']);
      }
      expect(await apply({ verb: 'remove-folder', path: '/dev/file' })).toEqual(['EEXIST foreign']);
    });

    test('nothing is done through a link of the guest, nor below a file', async () => {
      await side.puts('folder', '/dev/real');
      await side.puts('link', '/dev/way');
      const through: Action = { verb: 'make-node', path: '/dev/way/n', number: ZERO, ownership: OURS };
      expect(await apply(through)).toEqual(['ELOOP openat2']);
      expect(await seen('/dev/way/n')).toEqual({ kind: 'refused', errno: 'ELOOP' });
      expect(await apply({ ...through, path: '/dev/file/n' })).toEqual(['ENOTDIR openat2']);
      expect(await seen('/dev/file/n')).toEqual({ kind: 'refused', errno: 'ENOTDIR' });
      expect(await apply({ verb: 'remove-node', path: '/dev/way/n', number: ZERO })).toEqual(['ELOOP openat2']);
    });

    test('a number that the host does not have is neither made nor granted', async () => {
      const make: Action = { verb: 'make-node', path: '/dev/x', number: NOWHERE, ownership: OURS };
      expect(await apply(make)).toEqual(['ENODEV sysfs']);
      expect(await apply({ verb: 'grant', number: NOWHERE, access: 'rw' })).toEqual(['ENODEV sysfs']);
      expect(await apply({ verb: 'revoke', number: NOWHERE, access: 'rw' })).toEqual(['ok']);
    });

    test('what is granted may be opened, until it is revoked', async () => {
      expect(await mayOpen('c:1:3')).toBe('ok');
      expect(await mayOpen(LOG)).toBe('EPERM faccessat');
      expect(await apply({ verb: 'grant', number: LOG, access: 'r' })).toEqual(['ok']);
      expect(await mayOpen(LOG)).toBe('EPERM faccessat');
      expect(await apply({ verb: 'grant', number: LOG, access: 'w' })).toEqual(['ok']);
      expect(await mayOpen(LOG)).toBe('ok');
      const granted = await side.executor.grants(side.guest);
      expect(granted.ok && granted.value.policy).toBe('confined');
      expect(granted.ok && granted.value.grants).toContainEqual({ number: LOG, access: 'rw' });
      expect(await apply({ verb: 'revoke', number: LOG, access: 'rw' })).toEqual(['ok']);
      expect(await mayOpen(LOG)).toBe('EPERM faccessat');
    });

    test('a plan ends at its first failure: what came before is done, what comes after is not', async () => {
      const answers = await apply(
        { verb: 'make-folder', path: '/dev/before' },
        { verb: 'make-folder', path: '/dev/file' },
        { verb: 'make-folder', path: '/dev/after' },
        { verb: 'grant', number: LOG, access: 'rw' },
      );
      expect(answers).toEqual(['ok', 'EEXIST foreign', 'ECANCELED plan', 'ECANCELED plan']);
      expect(await seen('/dev/before')).toEqual({ kind: 'folder', empty: true });
      expect(await seen('/dev/after')).toEqual({ kind: 'absent' });
      expect(await mayOpen(LOG)).toBe('EPERM faccessat');
      expect(await apply({ verb: 'make-folder', path: '/dev/after' })).toEqual(['ok']);
    });

    test('nothing to do is nothing to answer', async () => {
      expect(await apply()).toEqual([]);
    });

    test("the guest's names can be read, and a file that is not there cannot", async () => {
      const { executor, guest } = side;
      const [passwd, group] = [
        await executor.readFile(guest, '/etc/passwd'),
        await executor.readFile(guest, '/etc/group'),
      ];
      expect(passwd.ok && passwd.value).toContain('root:x:0:');
      expect(group.ok && group.value).toContain('scanner:x:104:');
      expect(await outcome(executor.readFile(guest, '/etc/shadow'))).toMatch(/^ENOENT /);
    });

    test('a watched folder tells of what happens in it, and the last set counts', async () => {
      const { executor, guest } = side;
      const told = (path: string) =>
        side.events.some((event) => event.kind === 'guest-changed' && event.guest === guest && event.path === path);
      // Not /dev itself: what is mounted in the guest is told of that one, whatever is watched, and late.
      expect(await executor.watch(guest, ['/dev/before', '/dev/nowhere'])).toEqual({ ok: true, value: 1 });
      expect(await executor.watch(guest, ['/dev/real', '/etc'])).toEqual({ ok: true, value: 2 });
      await side.puts('fifo', '/dev/before/unheard');
      await side.puts('fifo', '/dev/real/heard');
      await eventually(() => expect(told('/dev/real')).toBe(true));
      expect(told('/dev/before')).toBe(false);
      await side.unlinks('/dev/real/heard');
    });

    test('nobody holds what nobody has opened', async () => {
      expect(await side.executor.holders(side.guest, LOG)).toEqual({ ok: true, value: [] });
    });

    test('a guest that is closed keeps what it has, and can be opened again', async () => {
      const { executor, guest, instance } = side;
      await executor.close(guest);
      expect(await outcome(executor.grants(guest))).toBe('ESRCH guest');
      expect(await outcome(executor.open(guest, instance))).toBe('ok');
      expect(await outcome(executor.open(guest, instance))).toBe('ok');
      expect(await seen('/dev/n')).toEqual({ kind: 'device', number: FULL, ownership: OURS });
    });

    test('a guest that ends is told of, and nothing can be asked of it any more', async () => {
      side.ends();
      await eventually(() => expect(side.events).toContainEqual({ kind: 'guest-gone', guest: side.guest }));
      expect(await outcome(side.executor.observe(side.guest, ['/dev']))).toBe('ESRCH guest');
      expect(await outcome(side.executor.open(side.guest, side.instance))).toBe('ESRCH guest');
    });
  });
});
