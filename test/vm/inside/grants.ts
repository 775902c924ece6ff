import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

interface Program {
  readonly id: number;
  readonly name: string;
  readonly map_ids?: readonly number[];
}

/** What LXC's common configuration lets a guest do: make any node, and open these. */
const STANDARD = [
  ...['b *:* m', 'c *:* m'],
  ...['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2', '10:229', '136:*'].map((number) => `c ${number} mrw`),
];
const ANY = 0xffffffff;
const TYPES: Readonly<Record<number, string>> = { 1: 'b', 2: 'c' };

const V1 = '/sys/fs/cgroup/devices';

/** What an LXC guest may open beside the standard devices, `c 189:4 rw` an entry, sorted. Throws where it may open everything. */
export function grantsOf(guest: string): readonly string[] {
  return existsSync(V1) ? listedFor(guest) : grantsOfProgram(guest);
}

function listedFor(guest: string): readonly string[] {
  const entries = readFileSync(`${V1}/lxc.payload.${guest}/devices.list`, 'utf8').trim().split('\n');
  if (entries.includes('a *:* rwm')) throw new Error(`everything is open to ${guest}`);
  const ordered = entries.map((entry) => entry.replace(/[rwm]+$/, (letters) => [...letters].sort().join('')));
  return ordered.filter((entry) => !STANDARD.includes(entry)).sort();
}

/**
 * What the device program of an LXC guest allows beside the standard devices, `c 189:4 rw` an entry, sorted. Throws where
 * no program is attached, so that everything is open, and where one is that is neither the executor's nor the runtime's own.
 */
function grantsOfProgram(guest: string): readonly string[] {
  const attached: readonly Program[] = bpf('cgroup', 'show', `/sys/fs/cgroup/lxc.payload.${guest}`);
  const [ours, ...others] = attached;
  if (ours === undefined) throw new Error(`${guest} has no device program: everything is open to it`);
  if (others.length > 0) throw new Error(`programs ${JSON.stringify(attached)}`);
  if (ours.name === '') return []; // the runtime's: nothing was granted yet
  if (ours.name !== 'hostler_devices') throw new Error(`a program of somebody's: ${JSON.stringify(ours)}`);
  const { map_ids: [map] = [] }: Program = bpf('prog', 'show', 'id', String(ours.id));
  const entries: readonly { key: readonly string[]; value: readonly string[] }[] = bpf(
    'map',
    'dump',
    'id',
    String(map),
  );
  return entries
    .map(({ key, value }) => entryText(words(key), words(value)))
    .filter((entry) => !STANDARD.includes(entry))
    .sort();
}

// Of a cgroup without a program it says nothing.
function bpf(...command: readonly string[]) {
  return JSON.parse(execFileSync('bpftool', ['--json', ...command], { encoding: 'utf8' }).trim() || '[]');
}

/** Four bytes in hex each, the lowest first. */
function words(bytes: readonly string[]): readonly number[] {
  const numbers = new Uint8Array(bytes.map(Number)).buffer;
  return [...new Uint32Array(numbers)];
}

function entryText([type = 0, ...number]: readonly number[], [access = 0]: readonly number[]): string {
  const [major, minor] = number.map((part) => (part === ANY ? '*' : part));
  const letters = ['m', 'r', 'w'].filter((_, bit) => access & (1 << bit)).sort();
  return `${TYPES[type]} ${major}:${minor} ${letters.join('')}`;
}
