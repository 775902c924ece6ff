import { readdirSync } from 'node:fs';
import { readStart } from './read-start.ts';

const TOOL = 'lxc-stop';
/** It has begun a moment ago, or its number is an older one's: so many processes are looked at, the last first. */
const LOOKS = 512;
const LONGEST_WORDS = 4096;

/** The guests of that folder that somebody is stopping by LXC's own tool now. LXC itself says so only when the guest's init has ended. */
export function stoppedNow(lxcPath: string): readonly string[] {
  const stops = lastProcesses().filter(isTool).map(stopOf);
  return stops.flatMap((stop) => (stop !== undefined && isOf(stop, lxcPath) ? [stop.name] : []));
}

interface Stop {
  readonly name: string;
  /** Absent: wherever LXC looks by itself. */
  readonly lxcPath?: string;
}

/** The words of a call of lxc-stop(1); undefined: it names no guest. */
export function parseStop(words: readonly string[]): Stop | undefined {
  const values = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const [option, value] = optionOf(words[at] ?? '');
    if (option === undefined) values.set('name', words[at] ?? '');
    else if (value !== undefined) values.set(option, value);
    else if (WITH_VALUE.has(option)) {
      at += 1;
      values.set(option, words[at] ?? '');
    }
  }
  const [name, lxcPath] = [values.get('name'), values.get('lxcpath')];
  return name ? { name, ...(lxcPath !== undefined && { lxcPath }) } : undefined;
}

const LETTERS: Readonly<Record<string, string>> = {
  n: 'name',
  P: 'lxcpath',
  o: 'logfile',
  l: 'logpriority',
  t: 'timeout',
};
const WITH_VALUE: ReadonlySet<string> = new Set([...Object.values(LETTERS), 'rcfile']);

/** `-nweb1`, `-n web1`, `--name=web1`, `-kn web1`; no option: undefined. */
function optionOf(word: string): readonly [option?: string, value?: string | undefined] {
  const [, long, longValue] = /^--([a-z]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return [long, longValue];
  const [short, letter = '', rest = ''] = /^-[^nPolt]*([nPolt]?)(.*)$/s.exec(word) ?? [];
  return short === undefined ? [] : [LETTERS[letter] ?? 'other', rest === '' ? undefined : rest];
}

function isOf({ lxcPath }: Stop, folder: string): boolean {
  const plain = (path: string) => path.replace(/(?<=.)\/+$/, '');
  return lxcPath === undefined || plain(lxcPath) === plain(folder);
}

function lastProcesses(): readonly number[] {
  const last = Number(readStart('/proc/loadavg', 64).trim().split(' ').at(-1));
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const older = all.filter((pid) => pid <= last).sort((one, other) => other - one);
  const others = all.filter((pid) => pid > last).sort((one, other) => other - one);
  return [...older, ...others].slice(0, LOOKS);
}

// A process of a guest has more than one number, and one of somebody else's cannot stop root's guests.
function isTool(pid: number): boolean {
  if (readStart(`/proc/${pid}/comm`, 16) !== `${TOOL}\n`) return false;
  const status = readStart(`/proc/${pid}/status`, LONGEST_WORDS);
  return /^Uid:\t0\t/m.test(status) && /^NSpid:\t\d+$/m.test(status);
}

function stopOf(pid: number): Stop | undefined {
  return parseStop(readStart(`/proc/${pid}/cmdline`, LONGEST_WORDS).split('\0').slice(1, -1));
}
