import type { AlertNotice, AlertResource, QuarantineCause } from '../model/alert.ts';
import { levelText } from './alert-state.ts';
import { victimText } from './victim-text.ts';

interface Words {
  /** What the limit is of. */
  readonly name: string;
  /** What it means, after the guest's name. */
  readonly means: string;
  /** What to do; `{guest}` is its name. */
  readonly remedy: string;
  /** What a level is a share of. */
  readonly of?: string;
  /** Said in the place of a level that is there or not. */
  readonly says?: string;
}

const WORDS: Readonly<Record<AlertResource, Words>> = {
  rss: {
    name: 'resident memory',
    means: 'uses all the memory that its policy gives it, or nearly so',
    remedy: 'raise memory.rss.limit in its policy, or find what uses the memory inside the guest',
  },
  'rss-barrier': {
    name: 'memory taken back',
    means: 'is slowed down while memory is taken back from it at its barrier or its limit',
    of: 'the time',
    remedy:
      'raise memory.rss.barrier and memory.rss.limit in its policy, or find what uses the memory inside the guest',
  },
  as: {
    name: 'address space',
    means: 'uses all the address space that its policy gives it, or nearly so',
    remedy: 'raise memory.as.limit in its policy, or find what uses it inside the guest',
  },
  oom: {
    name: 'out of memory',
    means: 'had no memory left to give to a process',
    remedy: 'raise memory.rss.limit in its policy, or find what uses the memory inside the guest',
  },
  'oom-kill': {
    name: 'out of memory, killed',
    means: 'lost processes that the kernel killed because its memory was used up',
    remedy: 'look what was killed (hostler events, journalctl -k), then raise memory.rss.limit or end what grows',
  },
  processes: {
    name: 'processes',
    means: 'has as many processes and threads as its policy lets it have, or nearly so; more are refused',
    remedy: 'look for a program that starts too many, or raise processes.limit in its policy',
  },
  cpu: {
    name: 'processor time',
    means: 'wants more processor time than its policy gives it',
    of: 'its rate',
    remedy: 'raise rate, or size for longer bursts, of cpu.bucket in its policy',
  },
  thrash: {
    name: 'thrashing',
    means: 'does nothing but wait for its own memory, which is taken back from it at its limit as fast as it is used',
    says: 'all of it waits for its own memory',
    remedy: 'raise memory.rss.limit in its policy, or find what uses the memory inside the guest',
  },
  foreign: {
    name: 'limits',
    means: 'has limits that somebody else writes again and again, so that they are left alone for now',
    says: 'written by somebody else again and again',
    remedy: 'find the other writer (systemctl set-property, another agent) and leave the limits to one of them',
  },
  quarantine: {
    name: 'starts',
    means:
      'ended or rebooted by itself again and again, or the host died with it, so that it is not started by itself any more',
    says: 'ended or rebooted by itself again and again, or the host died with it',
    remedy: 'find out in it why (hostler show {guest} says what it was), then hostler start {guest}',
  },
  shutdown: {
    name: 'shutdown of the host',
    means:
      'takes so long to halt, with those that halt before it, that a shutdown of the host would not wait for its end',
    says: 'would not wait until it has ended',
    remedy: 'look at hostler plan shutdown; let guests halt sooner, or raise the limit that is named there',
  },
};

const CAUSES: Readonly<Record<QuarantineCause, string>> = {
  ends: 'ended by itself again and again',
  reboots: 'rebooted from inside again and again',
  'host-dies': 'was just started when the host died, again and again',
};

/** Whether this version can say it: another one may have known others. */
export function hasWords({ state, kind, resource }: Pick<AlertNotice, 'state' | 'kind' | 'resource'>): boolean {
  return Object.hasOwn(WORDS, resource) && Object.hasOwn(LINES, kind) && Object.hasOwn(LINES[kind], state);
}

/** One line: `web1: processes: 37 hits in 4 min, over now`. */
export function alertLine(notice: AlertNotice): string {
  const { state, kind, guest, resource } = notice;
  return `${guest}: ${WORDS[resource].name}: ${LINES[kind][state](notice)}${untoldText(notice)}`;
}

/** What it means, in a sentence. */
export function alertMeaning({ kind, guest, resource, quarantinedFor }: AlertNotice): string {
  const flaps = kind === 'flapping' ? '; that comes and goes, and is told again when it is calm' : '';
  const cause = quarantinedFor && `${CAUSES[quarantinedFor]}, so that it is not started by itself any more`;
  return `${guest} ${cause ?? WORDS[resource].means}${flaps}.`;
}

export function alertRemedy({ guest, resource }: Pick<AlertNotice, 'guest' | 'resource'>): string {
  return WORDS[resource].remedy.replaceAll('{guest}', () => guest);
}

const LINES: Readonly<
  Record<AlertNotice['kind'], Readonly<Record<AlertNotice['state'], (notice: AlertNotice) => string>>>
> = {
  limit: {
    firing: ({ resource, hits, level, victims, quarantinedFor }) =>
      [
        quarantinedFor ? CAUSES[quarantinedFor] : shareText(level, WORDS[resource]),
        hitsText(hits),
        victimsText(victims),
      ]
        .filter((text) => text !== '')
        .join(', '),
    resolved: (notice) =>
      [endText(notice), victimsText(notice.victims), 'over now'].filter((text) => text !== '').join(', '),
  },
  flapping: {
    firing: ({ hits }) => ['comes and goes', hitsText(hits)].filter((text) => text !== '').join(', '),
    resolved: (notice) => `${endText(notice)}, calm now`,
  },
};

function shareText(level: number | undefined, { of = 'its limit', says }: Words): string {
  if (says !== undefined) return says;
  return level === undefined ? '' : `at ${levelText(level)} of ${of}`;
}

function hitsText(hits: number): string {
  return hits === 0 ? '' : `${hits} ${hits === 1 ? 'hit' : 'hits'}`;
}

// Its name was a process's own choice.
function victimsText(victims: AlertNotice['victims'] = []): string {
  return victims.map(victimText).join(', ');
}

function endText({ hits, since, lastAt }: AlertNotice): string {
  const duration = durationText(lastAt - since);
  return hits === 0 ? `for ${duration}` : `${hitsText(hits)} in ${duration}`;
}

function untoldText({ untoldHits }: AlertNotice): string {
  return untoldHits === 0 ? '' : ` (${untoldHits} earlier ${untoldHits === 1 ? 'one was' : 'ones were'} not told)`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** `4 min`: at least a second, rounded where nobody would care. */
export function durationText(ms: number): string {
  if (ms < 90 * SECOND) return `${Math.max(1, Math.round(ms / SECOND))} s`;
  return ms < 90 * MINUTE ? `${Math.round(ms / MINUTE)} min` : `${Math.round(ms / HOUR)} h`;
}
