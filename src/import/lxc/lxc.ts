import type { Turn } from '../boot-order.ts';
import { diskVerdicts } from '../cgroup/disks.ts';
import type { Meaning } from '../cgroup/meaning.ts';
import { memoryVerdicts } from '../cgroup/memory.ts';
import { processorVerdicts } from '../cgroup/processors.ts';
import type { System } from '../import.ts';
import type { Item, SourceGuest, Verdict } from '../item.ts';
import { decide, LINK, none, taken, type Verdicts } from '../verdict.ts';
import { deviceVerdicts } from './devices.ts';
import { countingLines, isOurs } from './lines.ts';
import { startVerdicts } from './start.ts';
import { turnsOf } from './turns.ts';

/** LXC from 1 on. Its own files stay, and what hostler does not take over goes on as it is. */
export const lxc: System = {
  rulesFile: 'rules/lxc.yaml',
  runtime: 'lxc',
  verdicts: (all) => {
    const turns = turnsOf(all);
    return (guest) => verdictsOf(guest, turns, all.length === 1);
  },
};

function verdictsOf({ name, items }: SourceGuest, turns: readonly Turn[], isAlone: boolean): Verdicts {
  const { counting, passed } = countingLines(items);
  const known = [
    new Map(counting.flatMap((line) => otherVerdict(line, name))),
    memoryVerdicts(counting),
    processorVerdicts(counting),
    diskVerdicts(counting),
    deviceVerdicts(counting),
    startVerdicts(name, counting, turns, isAlone),
    emptyLines(counting),
    new Map([...passed].map(([item, why]) => [item, none(why)])),
  ];
  return new Map(known.flatMap((verdicts) => [...verdicts]));
}

const GOES_ON = 'LXC goes on doing that';

function otherVerdict({ item, name, version }: Meaning, guest: string): readonly (readonly [Item, Verdict])[] {
  if (item.value.startsWith('-> ')) return [[item, decide(LINK)]];
  if (name === 'lxc.uts.name' && item.value === guest) return [[item, taken('the name of its file')]];
  if (name === 'lxc.include') return [[item, none(`${GOES_ON}; its values follow where it lies in what is imported`)]];
  if (version !== undefined) return [[item, none(`${GOES_ON}; a policy has no such word`)]];
  return name.startsWith('lxc.') || name === 'fstab' ? [[item, none(GOES_ON)]] : [];
}

function emptyLines(lines: readonly Meaning[]): Verdicts {
  const empty = lines.filter((line) => line.item.value === '' && isOurs(line));
  return new Map(empty.map(({ item }) => [item, taken('nothing; it takes back what lines before say')]));
}
