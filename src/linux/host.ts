import { parseUevent, parseUeventRefused, parseUeventsLost } from 'node-udev';
import { journalFields } from 'systemd-journal';
import type { Grant } from '../model/action.ts';
import type { Process } from '../model/process-key.ts';
import type { Answer } from '../ports/executor.ts';
import type { Host, HostEvent } from '../ports/host.ts';
import { watchedFile } from './cgroup-watch.ts';
import type { Channel, Reply, Request } from './channel.ts';

/** Room for 40,000 kernel events or 14,000 of udev's size; memory is charged only when it is used. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024;

/** The executor's host verbs as typed calls. */
export function executorHost(channel: Channel): Host {
  const ask = async <T>(request: Request, read: (reply: Reply) => T): Promise<Answer<T>> => {
    const answer = await channel.request(...request);
    return answer.ok ? { ok: true, value: read(answer.value) } : answer;
  };
  const nothing = () => undefined;
  return {
    listen: (subsystems) =>
      ask(['uevents', String(RECEIVE_BUFFER_BYTES), ...filtered(subsystems)], ({ words }) => Number(words[0])),
    watchFolder: (id, path) => ask(['watch-host', id, path], nothing),
    watchProgram: (id, path) => ask(['watch-program', id, path], nothing),
    watchRuns: (id, path) => ask(['watch-runs', id, path], nothing),
    unwatch: (id) => ask(['unwatch-host', id], nothing),
    watchSystemd: () => ask(['systemd'], nothing),
    delayShutdown: () => ask(['inhibit'], nothing),
    letShutdown: () => ask(['uninhibit'], nothing),
    watchKernelLog: () => ask(['kernel-log'], nothing),
    traceRefusals: () => ask(['trace-refusals'], nothing),
    untraceRefusals: () => ask(['untrace-refusals'], nothing),
    inits: (cgroup) => ask(['inits', cgroup], ({ rows }) => rows.map(init)),
    takeBack: (cgroup, grants) => takeBackInPieces(channel, cgroup, grants),
    answerHook: (token, word, seconds) => ask(['hook-answer', token, word, String(seconds)], nothing),
    journal: (entry) => ask(['journal', ...journalFields(entry, 'hostler')], nothing),
    notify: (text) => ask(['notify', text], nothing),
  };
}

/** The executor takes so many in one request. */
const GRANTS_A_LINE = 1024;

async function takeBackInPieces(channel: Channel, cgroup: string, grants: readonly Grant[]): Promise<Answer<void>> {
  for (let at = 0; at < grants.length; at += GRANTS_A_LINE) {
    const piece = grants.slice(at, at + GRANTS_A_LINE).map(({ number, access }) => `${number}:${access}`);
    const answer = await channel.request('take-back', cgroup, ...piece);
    if (!answer.ok) return answer;
  }
  return { ok: true, value: undefined };
}

/** Undefined: an event of a kind that this agent does not know. */
export function hostEvent(kind: string, words: readonly string[]): HostEvent | undefined {
  const [first = '', second = '', third = ''] = words;
  switch (kind) {
    case 'uevent': {
      const uevent = parseUevent([kind, ...words]);
      return uevent && { kind: 'uevent', uevent };
    }
    case 'uevents-lost': {
      const reason = parseUeventsLost([kind, ...words]);
      return reason && { kind, reason };
    }
    case 'uevent-refused': {
      const refused = parseUeventRefused([kind, ...words]);
      return refused && { kind, ...refused };
    }
    case 'udevd':
      return { kind, running: first === 'up' };
    case 'populated':
      return { kind, guest: first, populated: second === '1' };
    case 'init-ended':
    case 'guest-gone':
    case 'guest-suspect':
      return { kind, guest: first };
    case 'changed':
      return { kind: 'guest-changed', guest: first, path: `/${second}`, replaced: isReplaced(third) };
    case 'changed-host':
      return limitsChanged(first) ?? folderChanged(first, second, third);
    case 'trigger':
      return limitsChanged(first);
    case 'oom-kill':
      return { kind, pid: Number(first), command: second, cgroup: third };
    case 'refused':
      return { kind, count: Number(first), pid: Number(second), command: third, cgroup: words[3] ?? '' };
    case 'refused-unknown':
      return { kind, count: Number(first), reason: second === 'lost' ? 'lost' : 'gone' };
    case 'systemd':
      return systemdEvent(first);
    case 'shutdown':
      return shutdownEvent(first);
    case 'unit':
    case 'unit-exit':
      return unitEvent(kind, words);
    case 'watch-overflow':
      return { kind };
    case 'hook':
      return hookSaid(words);
    default:
      return undefined;
  }
}

// CLD_EXITED: waitid(2).
const EXITED = '1';

function unitEvent(kind: 'unit' | 'unit-exit', [unit = '', word, status]: readonly string[]): HostEvent {
  if (kind === 'unit') return { kind, unit, ends: word === 'ends' };
  return { kind, unit, ...(word === EXITED && { status: Number(status) }) };
}

// IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_IGNORED: inotify(7). The last is the executor's own: what is mounted changed.
const IGNORED = 0x8000;
const GONE = 0x400 | 0x800 | 0x2000 | IGNORED | 0x10000;

function limitsChanged(id: string): HostEvent | undefined {
  const watched = watchedFile(id);
  return watched && { kind: 'limits-changed', ...watched };
}

function folderChanged(id: string, mask: string, name: string): HostEvent {
  return { kind: 'folder-changed', id, name, ...(isForgotten(mask) && { gone: true }) };
}

function isReplaced(mask: string): boolean {
  return (Number.parseInt(mask, 16) & GONE) !== 0;
}

function isForgotten(mask: string): boolean {
  return (Number.parseInt(mask, 16) & IGNORED) !== 0;
}

function systemdEvent(state: string): HostEvent | undefined {
  const known = (['up', 'reloading', 'reloaded', 'gone'] as const).find((one) => one === state);
  return known && { kind: 'systemd', state: known };
}

function hookSaid([token = '', said, guest = '', , pid, initPid]: readonly string[]): HostEvent {
  if (said === 'start') return { kind: 'guest-starts', guest, token, initPid: Number(initPid ?? '') };
  return { kind: 'nudge', guest, pid: Number(pid) };
}

function shutdownEvent(state: string): HostEvent | undefined {
  const known = (['begins', 'withdrawn', 'held', 'refused'] as const).find((one) => one === state);
  return known && { kind: 'shutdown', state: known };
}

function init([pid = '', startTime = '']: readonly string[]): Process {
  return { pid: Number(pid), startTime };
}

/** The executor keeps so many; with more nothing is left out. */
const SUBSYSTEMS_MAX = 64;

function filtered(subsystems: readonly string[] | 'all'): readonly string[] {
  return subsystems === 'all' || subsystems.length > SUBSYSTEMS_MAX ? [] : subsystems;
}
