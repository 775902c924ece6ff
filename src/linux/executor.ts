import type { Action, Grant } from '../model/action.ts';
import type { DevicePolicy } from '../model/guest.ts';
import type { News } from '../model/news.ts';
import type { Ownership } from '../model/node.ts';
import type { Access, NumberText } from '../model/number.ts';
import type { Entry, Holder } from '../model/observed.ts';
import type { Answer, Executor, GrantsSeen } from '../ports/executor.ts';
import type { Channel, Reply, Request } from './channel.ts';
import { errnoName } from './errno.ts';

/** The executor's guest verbs as typed calls; native/executor/PROTOCOL.md has their meaning. */
export function guestExecutor(channel: Channel): Executor {
  const ask = async <T>(request: Request, read: (reply: Reply) => T): Promise<Answer<T>> => {
    const answer = await channel.request(...request);
    return answer.ok ? { ok: true, value: read(answer.value) } : answer;
  };
  return {
    open: (guest, { pid, cgroup }) => ask(['guest-open', guest, String(pid), cgroup], ({ words }) => opened(words)),
    close: async (guest) => void (await channel.request('guest-close', guest)),
    observe: (guest, paths) => observeInPieces(channel, guest, paths),
    readFile: (guest, path) => ask(['read-file', guest, inside(path)], ({ words }) => words[0] ?? ''),
    grants: (guest) => ask(['grants', guest], grants),
    holders: (guest, number) => ask(['holders', guest, number], ({ rows }) => rows.map((row) => holder(row, number))),
    verify: (guest, number, access) => ask(['verify', guest, number, access], nothing),
    watch: (guest, folders) => ask(['watch', guest, ...folders.map(inside)], ({ words }) => Number(words[0])),
    apply: (guest, actions) => applyInPieces(channel, guest, actions),
  };
}

/** One verb a line: what an action is called on the wire. */
export function toRequest(guest: string, action: Action): Request {
  switch (action.verb) {
    case 'confine':
      return ['confine', guest];
    case 'adopt-program':
    case 'join-program':
      return [action.verb, guest, ...action.allowed.map(allowance)];
    case 'grant':
      return ['grant', guest, action.number, action.access, ...ofDisk(action)];
    case 'revoke':
      return [action.verb, guest, action.number, action.access];
    case 'make-folder':
    case 'remove-folder':
      return [action.verb, guest, inside(action.path)];
    case 'make-node':
      return ['make-node', guest, inside(action.path), action.number, ...owned(action.ownership), ...ofDisk(action)];
    case 'set-node':
      return ['set-node', guest, inside(action.path), action.number, ...owned(action.ownership)];
    case 'remove-node':
      return ['remove-node', guest, inside(action.path), action.number];
    case 'make-link':
    case 'remove-link':
      return [action.verb, guest, inside(action.path), action.target];
    case 'let-listen':
      return ['let-listen', guest];
    case 'tell':
      return ['tell', guest, action.event, action.number, ...factsOf(action.news)];
    case 'signal':
      return ['signal', guest, String(action.pid), action.startTime, action.signal];
  }
}

// As udev's database writes them, and K for the kernel's own.
function factsOf({ kernel, udev, tags, links, initializedUsec }: News): readonly string[] {
  return [
    ...Object.entries(kernel).map(([key, value]) => `K:${key}=${value}`),
    ...links.map((link) => `S:${link.slice('/dev/'.length)}`),
    ...(initializedUsec === undefined ? [] : [`I:${initializedUsec}`]),
    ...Object.entries(udev).map(([key, value]) => `E:${key}=${value}`),
    ...tags.flatMap((tag) => [`G:${tag}`, `Q:${tag}`]),
  ];
}

function allowance(grant: Grant): string {
  return [grant.number, grant.access, ...ofDisk(grant)].join(':');
}

function ofDisk({ diskseq }: { readonly diskseq?: string }): readonly string[] {
  return diskseq === undefined ? [] : [diskseq];
}

function owned({ mode, uid, gid }: Ownership): readonly string[] {
  return [mode.toString(8).padStart(4, '0'), String(uid), String(gid)];
}

// A line holds 64 KiB and a path at most 4 KiB; the rest of the room is for percent signs.
const PATHS_A_LINE = 64;

async function observeInPieces(channel: Channel, guest: string, paths: readonly string[]) {
  const pieces: Promise<Answer<Reply>>[] = [];
  for (let at = 0; at < paths.length; at += PATHS_A_LINE) {
    const piece = paths.slice(at, at + PATHS_A_LINE).map(inside);
    pieces.push(channel.request('observe', guest, ...piece));
  }
  const entries = new Map<string, Entry>();
  for (const answer of await Promise.all(pieces)) {
    if (!answer.ok) return answer;
    for (const [path = '', ...row] of answer.value.rows) entries.set(`/${path}`, entry(row));
  }
  return { ok: true as const, value: entries };
}

// The executor lets 256 requests wait for one guest.
const ACTIONS_AT_ONCE = 128;

async function applyInPieces(channel: Channel, guest: string, actions: readonly Action[]) {
  const answers: Answer<void>[] = [];
  for (let at = 0; at < actions.length; at += ACTIONS_AT_ONCE) {
    const piece = actions.slice(at, at + ACTIONS_AT_ONCE).map((action) => toRequest(guest, action));
    answers.push(...(await channel.requests(piece)).map(done));
    if (answers.some(({ ok }) => !ok)) break;
  }
  const rest = actions.length - answers.length;
  return [...answers, ...Array.from({ length: rest }, (): Answer<void> => cancelled)];
}

const cancelled: Answer<void> = { ok: false, failed: { errno: 'ECANCELED', call: 'plan', subject: '' } };

function inside(path: string): string {
  return path.slice(1);
}

function opened([, , dev = '', policy = '']: readonly string[]) {
  return { dev: dev === 'guest' ? ('guest' as const) : ('host' as const), policy: devicePolicy(policy) };
}

function devicePolicy(word: string): DevicePolicy {
  if (word === 'open' || word === 'foreign' || word === 'drifted') return word;
  return 'confined';
}

function entry([kind, number = '', mode = '', uid = '', gid = '', target = '']: readonly string[]): Entry {
  switch (kind) {
    case 'char':
    case 'block':
      return {
        kind: 'device',
        number: number as NumberText,
        ownership: { mode: Number.parseInt(mode, 8), uid: Number(uid), gid: Number(gid) },
      };
    case 'link':
      return { kind, target };
    case 'folder':
      return { kind, empty: target === '0' };
    case 'file':
    case 'fifo':
    case 'socket':
      return { kind };
    case 'absent':
      return { kind };
    default:
      return { kind: 'refused', errno: errnoName(Number(target)) };
  }
}

// `unread`: nobody can say what is allowed. `held`: and ours can neither replace what is there nor be put beside it.
function grants({ rows, words: [, policy = '', why, program] }: Reply): GrantsSeen {
  const policyNow = devicePolicy(policy);
  const hasRuntime = (policyNow === 'foreign' || policyNow === 'drifted') && why === undefined;
  return {
    policy: policyNow,
    grants: rows.filter(([, , source]) => source === undefined).map(grant),
    ...(hasRuntime && { runtime: rows.filter(([, , source]) => source === 'runtime').map(grant) }),
    ...(why === 'held' && program !== undefined && { heldProgram: program }),
    ...(why === 'unread' && program !== undefined && { unreadProgram: program }),
    ...(why === 'adoptable' && { adoptable: true }),
  };
}

function grant([number = '', access = '']: readonly string[]): Grant {
  return { number: number as NumberText, access: access as Access };
}

function holder([pid = '', startTime = '', command = '']: readonly string[], number: NumberText): Holder {
  return { pid: Number(pid), startTime, command, number };
}

function nothing(): void {}

function done(answer: Answer<Reply>): Answer<void> {
  return answer.ok ? { ok: true, value: undefined } : answer;
}
