import { execFileSync } from 'node:child_process';

interface Program {
  readonly id: number;
  readonly name: string;
  readonly map_ids?: readonly number[];
}

/** What every guest may open, by its runtime's configuration. */
const STANDARD = /^[bc] (?:1|5|10|136|254):|:\*/;
const TYPES: Readonly<Record<number, string>> = { 1: 'b', 2: 'c' };

/** What the device program of an LXC guest allows beside the standard devices, `c 189:4 rw` an entry, sorted. */
export function grantsOf(guest: string): readonly string[] {
  const attached: readonly Program[] = bpf('cgroup', 'show', `/sys/fs/cgroup/lxc.payload.${guest}`);
  const [ours, ...others] = attached;
  if (ours?.name !== 'hostler_devices' && others.length === 0) return []; // the runtime's: nothing was granted yet
  if (others.length > 0) throw new Error(`programs ${JSON.stringify(attached)}`);
  const { map_ids: [map] = [] }: Program = bpf('prog', 'show', 'id', String(ours?.id));
  const entries: readonly { key: readonly string[]; value: readonly string[] }[] = bpf(
    'map',
    'dump',
    'id',
    String(map),
  );
  return entries
    .map(({ key, value }) => entryText(words(key), words(value)))
    .filter((entry) => !STANDARD.test(entry))
    .sort();
}

function bpf(...command: readonly string[]) {
  return JSON.parse(execFileSync('bpftool', ['--json', ...command], { encoding: 'utf8' }));
}

/** Four bytes in hex each, the lowest first. */
function words(bytes: readonly string[]): readonly number[] {
  const numbers = new Uint8Array(bytes.map(Number)).buffer;
  return [...new Uint32Array(numbers)];
}

function entryText([type = 0, major, minor = 0]: readonly number[], [access = 0]: readonly number[]): string {
  const letters = ['m', 'r', 'w'].filter((_, bit) => access & (1 << bit)).sort();
  return `${TYPES[type]} ${major}:${minor === 0xffffffff ? '*' : minor} ${letters.join('')}`;
}
