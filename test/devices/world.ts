import { foldersAbove } from '../../src/devices/folders.ts';
import type { Action, Grant } from '../../src/model/action.ts';
import type { DevicePolicy } from '../../src/model/guest.ts';
import type { Ownership } from '../../src/model/node.ts';
import type { Access, NumberText } from '../../src/model/number.ts';
import type { Entry, GuestNames, Holder, ObservedGuest } from '../../src/model/observed.ts';

/** A guest as a value: what is where, and what it may open. Performs actions as the executor's protocol says. */
export interface World {
  readonly policy: DevicePolicy;
  readonly files: ReadonlyMap<string, File>;
  /** Letters by number. */
  readonly grants: ReadonlyMap<string, string>;
  /** What the runtime's own program allows, where there is one that can be read. */
  readonly runtime?: readonly Grant[];
  /** The id of a program that nobody can read. */
  readonly heldProgram?: string | undefined;
  readonly unreadProgram?: string | undefined;
  /** It is open, and could have a program of ours. */
  readonly adoptable?: true | undefined;
  readonly holders: readonly Holder[];
  readonly unknownHolders?: ObservedGuest['unknownHolders'];
  /** DEVPATHs that its programs know of, by number. */
  readonly told: ReadonlyMap<string, string>;
  readonly names: GuestNames;
}

export type File =
  | { readonly kind: 'folder' | 'file' | 'fifo' | 'socket' }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'device'; readonly number: NumberText; readonly ownership: Ownership };

export const NAMES: GuestNames = {
  users: new Map([
    ['root', 0],
    ['scan', 1000],
  ]),
  groups: new Map([
    ['root', 0],
    ['dialout', 20],
    ['scanner', 104],
  ]),
};

/** What the guest's own configuration lets it open: a node like any other, and a wildcard. */
const CONFIGURED: ReadonlyMap<string, string> = new Map([
  ['c:1:3', 'rwm'],
  ['c:136:*', 'rwm'],
  ['c:188:1', 'r'],
]);

export function emptyWorld(policy: DevicePolicy = 'confined'): World {
  const files = new Map<string, File>([['/dev', { kind: 'folder' }]]);
  const grants = policy === 'confined' ? CONFIGURED : new Map();
  return { policy, files, grants, holders: [], told: new Map(), names: NAMES };
}

export type Performed = { readonly ok: true; readonly world: World } | { readonly ok: false; readonly errno: string };

/** `known`: the numbers that sysfs has. */
export function perform(world: World, action: Action, known: ReadonlySet<string>): Performed {
  if ('path' in action) {
    const errno = wayTo(world, action.path) ?? foreignTo(world.files.get(action.path), action);
    if (errno === 'ENOENT' && action.verb.startsWith('remove-')) return { ok: true, world };
    if (errno) return { ok: false, errno };
  }
  switch (action.verb) {
    case 'grant':
      if (!known.has(action.number)) return { ok: false, errno: 'ENODEV' };
      return allow(world, action.number, (held) => unite(held, action.access));
    case 'revoke':
      return revoke(world, action.number, action.access);
    case 'confine':
      return { ok: true, world: { ...world, policy: 'confined', grants: new Map([['c:1:3', 'rwm']]) } };
    case 'adopt-program':
    case 'join-program':
      return { ok: true, world: { ...world, ...ours, grants: grantMap(action.allowed) } };
    case 'make-folder':
      return put(world, action.path, { kind: 'folder' });
    case 'make-node':
      if (!known.has(action.number)) return { ok: false, errno: 'ENODEV' };
      return put(world, action.path, { kind: 'device', number: action.number, ownership: action.ownership });
    case 'set-node':
      return put(world, action.path, { kind: 'device', number: action.number, ownership: action.ownership });
    case 'make-link':
      return put(world, action.path, { kind: 'link', target: action.target });
    case 'remove-folder':
      return isEmpty(world, action.path) ? put(world, action.path, undefined) : { ok: false, errno: 'ENOTEMPTY' };
    case 'remove-node':
    case 'remove-link':
      return put(world, action.path, undefined);
    case 'let-listen':
      return { ok: true, world };
    case 'tell':
      return tell(world, action, known);
    case 'signal':
      return { ok: true, world: { ...world, holders: world.holders.filter(({ pid }) => pid !== action.pid) } };
  }
}

/** A program of ours is there, beside whatever nobody can read. */
const ours = { policy: 'confined', unreadProgram: undefined } as const;

// Without a program of ours somebody else's says what is open.
function revoke(world: World, number: NumberText, access: string): Performed {
  if (world.policy === 'foreign') return { ok: false, errno: 'EPERM' };
  return allow(world, number, (held) => [...held].filter((one) => !access.includes(one)).join(''));
}

/** What the executor's `observe`, `grants` and `holders` say. */
export function observe(world: World, paths: readonly string[]): ObservedGuest {
  const grants = [...world.grants].flatMap(([number, access]) => grantOf(number, access));
  const { policy, names, holders, heldProgram } = world;
  const entries = new Map(paths.map((path) => [path, entryAt(world, path)]));
  const unknownHolders = world.unknownHolders ?? new Map();
  return { policy, names, holders, unknownHolders, grants, entries, ...(heldProgram !== undefined && { heldProgram }) };
}

/** What the guest itself does: puts something there (and the folders above), or takes it away with all that is below. */
export function tamper(world: World, path: string, file: File | undefined): World {
  const files = new Map(world.files);
  for (const folder of foldersAbove(path)) {
    const there = files.get(folder);
    if (there && there.kind !== 'folder') return world;
    if (file) files.set(folder, { kind: 'folder' });
  }
  for (const other of world.files.keys())
    if (other.startsWith(`${path}/`) && file?.kind !== 'folder') files.delete(other);
  if (file) files.set(path, file);
  else files.delete(path);
  return { ...world, files };
}

export function accessHeld(world: World, number: string): Access | undefined {
  return ACCESSES.find((one) => one === world.grants.get(number));
}

function entryAt(world: World, path: string): Entry {
  const errno = wayTo(world, path);
  if (errno === 'ENOENT') return { kind: 'absent' };
  if (errno) return { kind: 'refused', errno };
  const file = world.files.get(path);
  if (!file) return { kind: 'absent' };
  return file.kind === 'folder' ? { kind: 'folder', empty: isEmpty(world, path) } : entryOf(file);
}

function entryOf(file: File): Entry {
  switch (file.kind) {
    case 'link':
      return file;
    case 'device':
      return file;
    case 'folder':
      return { kind: 'folder', empty: true };
    default:
      return { kind: file.kind };
  }
}

/** What openat2 answers on the way to a path. */
function wayTo(world: World, path: string): string | undefined {
  for (const folder of ['/dev', ...foldersAbove(path)]) {
    if (path === '/dev') return undefined;
    const file = world.files.get(folder);
    if (!file) return 'ENOENT';
    if (file.kind === 'link') return 'ELOOP';
    if (file.kind !== 'folder') return 'ENOTDIR';
  }
  return undefined;
}

function foreignTo(file: File | undefined, action: Action): string | undefined {
  if (!file) return action.verb === 'set-node' ? 'ENOENT' : undefined;
  if (file.kind !== PLACES[action.verb]) return 'EEXIST';
  if (action.verb === 'set-node' || action.verb === 'remove-node') {
    return file.kind === 'device' && file.number === action.number ? undefined : 'EPERM';
  }
  if (action.verb === 'remove-link') {
    return file.kind === 'link' && file.target === action.target ? undefined : 'EPERM';
  }
  return undefined;
}

/** What an action may find in its place. */
const PLACES: Partial<Record<Action['verb'], File['kind']>> = {
  'make-node': 'device',
  'set-node': 'device',
  'remove-node': 'device',
  'make-link': 'link',
  'remove-link': 'link',
  'make-folder': 'folder',
  'remove-folder': 'folder',
};

function tell(world: World, action: Extract<Action, { verb: 'tell' }>, known: ReadonlySet<string>): Performed {
  const { event, number, news } = action;
  if (event !== 'remove' && !known.has(number)) return { ok: false, errno: 'ENODEV' };
  const told = new Map(world.told);
  if (event === 'remove') told.delete(number);
  else told.set(number, news.kernel.DEVPATH ?? '');
  return { ok: true, world: { ...world, told } };
}

function isEmpty(world: World, path: string): boolean {
  return ![...world.files.keys()].some((other) => other.startsWith(`${path}/`));
}

function put(world: World, path: string, file: File | undefined): Performed {
  const files = new Map(world.files);
  if (file) files.set(path, file);
  else files.delete(path);
  return { ok: true, world: { ...world, files } };
}

function allow(world: World, number: string, change: (held: string) => string): Performed {
  if (world.policy === 'open') return { ok: true, world };
  const grants = new Map(world.grants);
  const access = change(grants.get(number) ?? '');
  if (access === '') grants.delete(number);
  else grants.set(number, access);
  return { ok: true, world: { ...world, grants } };
}

function unite(a: string, b: string): string {
  return [...'rwm'].filter((letter) => a.includes(letter) || b.includes(letter)).join('');
}

function grantMap(grants: readonly Grant[]): ReadonlyMap<string, string> {
  return new Map(grants.map(({ number, access }) => [number, access]));
}

function grantOf(number: string, held: string): readonly Grant[] {
  const type = TYPES.find((one) => one === number[0]);
  const access = ACCESSES.find((one) => one === held);
  return type && access ? [{ number: `${type}:${number.slice(2)}`, access }] : [];
}

const TYPES = ['a', 'b', 'c'] as const;
const ACCESSES = ['r', 'w', 'rw', 'm', 'rm', 'wm', 'rwm'] as const;
