import type { Belonging, LeftBelonging, Pinner } from '../model/belongings.ts';
import type { BelongingsKeeper } from '../ports/belongings.ts';
import type { Channel } from './channel.ts';

/** The executor's verbs for what guests leave; native/executor/PROTOCOL.md has their meaning. */
export function executorBelongings(channel: Channel): BelongingsKeeper {
  return {
    async of({ pid, startTime, cgroup }, cgroups) {
      const answer = await channel.request('belongings', String(pid), startTime, cgroup, ...cgroups);
      return answer.ok ? { ok: true, value: answer.value.rows.flatMap(([id = '']) => belongingOf(id) ?? []) } : answer;
    },
    async left(has) {
      if (has.length === 0) return { ok: true, value: [] };
      const answer = await channel.request('leavings', ...has.map(({ id }) => id));
      return answer.ok ? { ok: true, value: leftOf(answer.value.rows, has) } : answer;
    },
    async takeAway({ pid, startTime }, what, has) {
      const answer = await channel.request('take-away', String(pid), startTime, what.id, ...networkOf(what, has));
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
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
