import type { Action } from '../../src/model/action.ts';
import { type Access, type NumberText, numberText } from '../../src/model/number.ts';
import type { Answer, Executor, Failed } from '../../src/ports/executor.ts';
import { observe, perform } from '../devices/world.ts';
import type { Line } from './line.ts';
import type { Machine, Start } from './machine.ts';

/** The executor on guests in memory, native/executor/PROTOCOL.md. */
export function fakeExecutor(machine: Machine): Executor {
  const within = <T>(guest: string, what: string, act: (start: Start) => Answer<T>): Promise<Answer<T>> => {
    const { line } = machine;
    return line.ask(guest, () => actIn(machine, line, guest, what, act));
  };
  return {
    open(guest, { pid }) {
      const { line } = machine;
      return line.ask(guest, () => {
        const start = machine.guests.get(guest);
        const failed = askedOf(machine, guest, 'open');
        if (failed) return { ok: false, failed };
        if (start?.stage !== 'ready' || start.instance.pid !== pid) return fail('ESRCH', 'guest', guest);
        line.opened.set(guest, pid);
        line.watched.delete(guest);
        return done({ dev: 'host', policy: start.world.policy });
      });
    },
    async close(guest) {
      const { line } = machine;
      await line.ask(guest, () => {
        askedOf(machine, guest, 'close');
        line.opened.delete(guest);
        line.watched.delete(guest);
        return done(undefined);
      });
    },
    observe: (guest, paths) => within(guest, 'observe', ({ world }) => done(observe(world, paths).entries)),
    readFile: (guest, path) => within(guest, `read-file ${path}`, ({ world: { names } }) => readFile(path, names)),
    grants: (guest) =>
      within(guest, 'grants', ({ world }) => {
        const { policy, grants, heldProgram } = observe(world, []);
        const { runtime, unreadProgram, adoptable } = world;
        const others = {
          ...(runtime && { runtime }),
          ...(heldProgram && { heldProgram }),
          ...(unreadProgram && { unreadProgram }),
          ...(adoptable && { adoptable }),
        };
        return done({ policy, grants, ...others });
      }),
    holders: (guest, number) =>
      within(guest, `holders ${number}`, ({ world }) =>
        done(world.holders.filter((holder) => holder.number === number)),
      ),
    verify: (guest, number, access) =>
      within(guest, `verify ${number} ${access}`, (start) => verify(start, number, access)),
    watch: (guest, folders) =>
      within(guest, `watch ${folders.join(' ')}`, ({ world }) => {
        const { entries } = observe(world, folders);
        const there = folders.filter((folder) => folder === '/etc' || entries.get(folder)?.kind === 'folder');
        machine.line.watched.set(guest, new Set(there));
        return done(there.length);
      }),
    apply: (guest, actions) => applyAll(machine, guest, actions),
  };
}

function applyAll(machine: Machine, guest: string, actions: readonly Action[]): Promise<readonly Answer<void>[]> {
  const { line } = machine;
  let stopped = false;
  const perform = (action: Action): Answer<void> => {
    if (stopped) return fail('ECANCELED', 'plan', '');
    const answer = actIn(machine, line, guest, wordsOf(action), (start) => applyOne(machine, guest, start, action));
    stopped = !answer.ok;
    return answer;
  };
  return Promise.all(actions.map((action) => line.ask(guest, () => perform(action))));
}

function wordsOf(action: Action): string {
  const subject = 'path' in action ? action.path : 'number' in action ? action.number : '';
  return `${action.verb} ${subject}`.trim();
}

function actIn<T>(
  machine: Machine,
  line: Line,
  guest: string,
  what: string,
  act: (start: Start) => Answer<T>,
): Answer<T> {
  const start = machine.guests.get(guest);
  if (start === undefined || line.opened.get(guest) !== start.instance.pid) return fail('ESRCH', 'guest', guest);
  const failed = askedOf(machine, guest, what);
  return failed ? { ok: false, failed } : act(start);
}

function askedOf({ asked, refuse }: Machine, guest: string, what: string): Failed | undefined {
  asked.push(`${guest} ${what}`);
  return refuse(guest, what);
}

function applyOne(machine: Machine, guest: string, start: Start, action: Action): Answer<void> {
  if (isOfAnotherDisk(machine, action)) return fail('ESTALE', 'diskseq', 'number' in action ? action.number : '');
  const performed = perform(start.world, action, machine.known());
  if (!performed.ok) return { ok: false, failed: failure(performed.errno, action) };
  machine.onAction(guest, action);
  const before = start.world;
  start.world = performed.world;
  if ('path' in action && before.files !== performed.world.files) machine.changed(guest, action.path);
  return done(undefined);
}

function isOfAnotherDisk({ devices }: Machine, action: Action): boolean {
  if (!('diskseq' in action) || action.diskseq === undefined) return false;
  const now = devices.find(({ number }) => number && numberText(number) === action.number);
  return now !== undefined && now.diskseq !== action.diskseq;
}

function failure(errno: string, action: Action): Failed {
  if (errno === 'ENODEV' && 'number' in action) return { errno, call: 'sysfs', subject: action.number };
  if (action.verb === 'revoke') return { errno, call: 'program', subject: '' };
  if (errno === 'EPERM') return { errno, call: action.verb === 'remove-link' ? 'target' : 'number', subject: '' };
  return { errno, call: CALLS[errno] ?? 'openat', subject: 'path' in action ? action.path.slice(1) : '' };
}

const CALLS: Readonly<Record<string, string>> = {
  EEXIST: 'foreign',
  ENOTEMPTY: 'unlinkat',
  ELOOP: 'openat2',
  ENOTDIR: 'openat2',
};

function readFile(path: string, { users, groups }: Start['world']['names']): Answer<string> {
  if (path === '/etc/passwd') return done(lines(users, (name, id) => `${name}:x:${id}:${id}::/:\n`));
  if (path === '/etc/group') return done(lines(groups, (name, id) => `${name}:x:${id}:\n`));
  return fail('ENOENT', 'openat2', path.slice(1));
}

function lines(ids: ReadonlyMap<string, number>, line: (name: string, id: number) => string): string {
  return [...ids].map(([name, id]) => line(name, id)).join('');
}

function verify({ world }: Start, number: NumberText, access: Access): Answer<void> {
  const held = world.grants.get(number) ?? world.grants.get(number.replace(/\d+$/, '*')) ?? '';
  const isAllowed = world.policy === 'open' || [...access].every((letter) => held.includes(letter));
  return isAllowed ? done(undefined) : fail('EPERM', 'faccessat', number);
}

function done<T>(value: T): Answer<T> {
  return { ok: true, value };
}

function fail(errno: string, call: string, subject: string): Answer<never> {
  return { ok: false, failed: { errno, call, subject } };
}
