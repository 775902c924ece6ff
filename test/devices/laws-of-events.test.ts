import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import { foldEnumeration, foldUevent } from '../../src/devices/inventory.ts';
import { guestsTouched } from '../../src/devices/touched.ts';
import type { Device } from '../../src/model/device.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Uevent } from '../../src/model/uevent.ts';
import { host, rules } from './arbitrary.ts';
import { law } from './law.ts';
import { inventoryOf, uevent } from './make.ts';

type Host = readonly Device[];
const hosts = fc.array(host, { minLength: 2, maxLength: 5 });
/** Which of what could happen next happens: the world goes on, or some event that waits is taken. */
const choices = fc.infiniteStream(fc.nat({ max: 1_000 }));
const GUESTS = ['web1', 'web2', 'other'];

describe('whatever happens on the host', () => {
  law('any order of the same events ends in the same world', fc.tuple(hosts, choices), ([list, next]) => {
    const last = list.at(-1) ?? [];
    expect(sorted(folded(list, next, () => false))).toEqual(sorted(inventoryOf(...last)));
  });

  law('an enumeration heals every lost event', fc.tuple(hosts, choices), ([list, next]) => {
    const last = list.at(-1) ?? [];
    const deaf = folded(list, next, () => (next.next().value ?? 0) % 2 === 0);
    expect(sorted(foldEnumeration(deaf, last).inventory)).toEqual(sorted(inventoryOf(...last)));
  });

  law(
    'the order in which devices were found makes no difference',
    fc.tuple(rules, host, choices),
    ([list, devices, next]) => {
      const shuffled = [...devices].sort(() => ((next.next().value ?? 0) % 2) - 0.5);
      for (const guest of GUESTS) expect(desire(list, shuffled, guest)).toEqual(desire(list, devices, guest));
    },
  );

  law(
    'who is not touched by a change wants the same as before',
    fc.tuple(rules, host, host),
    ([list, before, after]) => {
      const { changes } = foldEnumeration(inventoryOf(...before), after);
      const touched = guestsTouched(assign(list, inventoryOf(...before)).claims, changes, GUESTS);
      for (const guest of GUESTS.filter((one) => !touched.includes(one))) {
        expect(desire(list, after, guest)).toEqual(desire(list, before, guest));
      }
    },
  );

  law('a device that a rule keeps for one guest is never in another', fc.tuple(rules, host), ([list, devices]) => {
    for (const device of devices) {
      const having = GUESTS.filter((guest) =>
        desire(list, devices, guest).nodes.some((node) => node.device.startsWith(device.devpath)),
      );
      const keepers = assign(list, inventoryOf(device)).owners;
      if (keepers.has(device.devpath)) expect(having.length).toBeLessThanOrEqual(1);
    }
  });

  law(
    'no two nodes or links of a guest have one name, and none is below another',
    fc.tuple(rules, host),
    ([list, devices]) => {
      for (const guest of GUESTS) {
        const names = desire(list, devices, guest).nodes.flatMap(({ path, links }) => [path, ...links]);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) expect(names.some((other) => other.startsWith(`${name}/`))).toBe(false);
      }
    },
  );
});

function desire(list: readonly Rule[], devices: Host, guest: string) {
  return desireGuest(assign(list, inventoryOf(...devices)), guest);
}

/** Takes events in any order while the world goes on, each reading the world as it is by then. */
function folded(list: readonly Host[], next: fc.Stream<number>, isLost: () => boolean): Inventory {
  const [first = [], ...rest] = list;
  const coming = [...rest];
  const waiting: Uevent[] = [];
  let now = first;
  let inventory = inventoryOf(...first);
  while (coming.length > 0 || waiting.length > 0) {
    const choice = next.next().value ?? 0;
    const goesOn = coming.length > 0 && (waiting.length === 0 || choice % 3 === 0);
    if (goesOn) {
      const following = coming.shift() ?? [];
      waiting.push(...events(now, following).filter(() => !isLost()));
      now = following;
      continue;
    }
    for (const event of waiting.splice(choice % waiting.length, 1)) {
      const read = now.find(({ devpath }) => devpath === event.devpath);
      inventory = foldUevent(inventory, event, read).inventory;
    }
  }
  return inventory;
}

/** What the kernel says when one world becomes another. */
function events(before: Host, after: Host): readonly Uevent[] {
  const gone = before.filter((one) => !after.includes(one)).map(({ devpath }) => uevent('remove', devpath));
  const come = after.filter((one) => !before.includes(one)).map(({ devpath }) => uevent('add', devpath));
  return [...gone, ...come];
}

function sorted(inventory: Inventory): readonly Device[] {
  return [...inventory.values()].sort((a, b) => (a.devpath < b.devpath ? -1 : 1));
}
