import type { Belonging, LeftBelonging, Pinner } from '../model/belongings.ts';
import type { BelongingsKeeper } from '../ports/belongings.ts';
import type { Channel } from './channel.ts';
import { encodeWord } from './wire.ts';

/** The executor's verbs for what guests leave; native/executor/PROTOCOL.md has their meaning. */
export function executorBelongings(channel: Channel): BelongingsKeeper {
  return {
    async of({ pid, startTime, cgroup }, cgroups) {
      const answer = await channel.request('belongings', String(pid), startTime, cgroup, ...cgroups);
      return answer.ok ? { ok: true, value: answer.value.rows.flatMap(([id = '']) => belongingOf(id) ?? []) } : answer;
    },
    async left(has) {
      const left = new Map<string, LeftBelonging>();
      for (const part of partsOf(has)) {
        const answer = await channel.request('leavings', ...part.map(({ id }) => id));
        if (!answer.ok) return answer;
        for (const one of leftOf(answer.value.rows, part)) left.set(one.id, left.get(one.id) ?? one);
      }
      return { ok: true, value: [...left.values()] };
    },
    async takeAway({ pid, startTime }, what, has) {
      const answer = await channel.request('take-away', String(pid), startTime, what.id, ...networkOf(what, has));
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
    async clearShared(has) {
      const monitors = has.filter(isMonitors).map(({ id }) => id);
      const answer = monitors.length === 0 ? undefined : await channel.request('clear-pivot', ...monitors);
      return answer === undefined || answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
}

/** Of LXC. */
function isMonitors({ kind, name }: Belonging): boolean {
  return kind === 'cgroup' && /\/lxc\.monitor\.[^/]+$/.test(name);
}

/** Of the 64 KiB that a request may have. */
const PART_BYTES = 60 * 1024;
/** Of its 2,048 words. */
const PART_WORDS = 1024;
/** Who uses one is looked for up to 3 s, and a request has 10. */
const PART_LOOPS = 2;

/** What is asked at a time. An interface is one of the network namespace before it: a part that begins with one has that first. */
function partsOf(has: readonly Belonging[]): readonly (readonly Belonging[])[] {
  const parts: Belonging[][] = [];
  let network: Belonging | undefined;
  for (const one of has) {
    if (one.kind === 'net') network = one;
    const last = parts.at(-1);
    if (last !== undefined && isPart([...last, one])) last.push(one);
    else parts.push(one.kind === 'link' && network !== undefined ? [network, one] : [one]);
  }
  return parts;
}

function isPart(part: readonly Belonging[]): boolean {
  const bytes = part.reduce((sum, { id }) => sum + encodeWord(id).length + 1, 0);
  return (
    bytes <= PART_BYTES && part.length <= PART_WORDS && part.filter(({ kind }) => kind === 'loop').length <= PART_LOOPS
  );
}

// An interface is told after the network namespace that it leads into.
function networkOf(what: Belonging, has: readonly Belonging[]): readonly string[] {
  if (what.kind !== 'link') return [];
  const before = has.slice(
    0,
    has.findIndex(({ id }) => id === what.id),
  );
  return before
    .filter(({ kind }) => kind === 'net')
    .slice(-1)
    .map(({ id }) => id);
}

/** `link:7:2:fe0102030405:vethA`, `cgroup:24:1041:/lxc.payload.web1`, `loop:3:41:2049:77:/disk.img`: the name is behind the numbers. */
function belongingOf(id: string): Belonging | undefined {
  const [kind = '', ...numbers] = id.split(':');
  if (kind === 'net' || kind === 'root') return { kind, id, name: '' };
  if (kind === 'link') return { kind, id, name: numbers.slice(3).join(':') };
  if (kind === 'loop') return { kind, id, name: `/dev/loop${numbers[0]} (${numbers.slice(4).join(':')})` };
  return kind === 'cgroup' ? { kind, id, name: numbers.slice(2).join(':') } : undefined;
}

// Who keeps it is told before what is kept.
function leftOf(rows: readonly (readonly string[])[], has: readonly Belonging[]): readonly LeftBelonging[] {
  const left: LeftBelonging[] = [];
  let pinners: readonly Pinner[] = [];
  for (const [what = '', ...words] of rows) {
    const belonging = what === 'left' ? has.find(({ id }) => id === words[0]) : undefined;
    if (belonging !== undefined) left.push({ ...belonging, pinners });
    pinners = what === 'pinner' ? [...pinners, pinnerOf(words)] : [];
  }
  return left;
}

function pinnerOf([pid, startTime = '', command = '', how = '', cgroup = '', mount = '']: readonly string[]): Pinner {
  return { pid: Number(pid), startTime, command, how: wayOf(how), cgroup, mount };
}

function wayOf(word: string): Pinner['how'] {
  return word === 'open' || word === 'mounted' ? word : 'in';
}
