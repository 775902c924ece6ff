import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { accessWithout } from '../../src/devices/access.ts';
import { foldersAbove } from '../../src/devices/folders.ts';
import { groupKey } from '../../src/devices/group.ts';
import { intent, performed } from '../../src/devices/ledger.ts';
import type { Action } from '../../src/model/action.ts';
import type { DesiredNode } from '../../src/model/node.ts';
import { numberText } from '../../src/model/number.ts';
import type { Plan } from '../../src/model/plan.ts';
import { tampering } from './arbitrary.ts';
import { law } from './law.ts';
import { act, desired, given, pass, plan, type Story, settle } from './story.ts';
import { beginning, forEveryTurn, hostileTurns } from './turns.ts';
import { accessHeld, emptyWorld, tamper } from './world.ts';

describe('whatever the guest does to its /dev', () => {
  law('the executor refuses no action', hostileTurns, (turns) => {
    forEveryTurn(turns);
  });

  law('no node is without its permission at any step', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      // What goes with its group is denied first.
      const barred = new Set([...barredPaths(before), ...plan(before).actions.flatMap(removedPath)]);
      pass(before, (_, after) => {
        for (const path of barredPaths(after)) expect(barred).toContain(path);
      });
    });
  });

  law('what goes loses its permission first', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      const wanted = new Set(plan(before).after.nodes.map(({ number }) => number));
      pass(before, (action, { world }) => {
        if (action.verb !== 'remove-node' || wanted.has(action.number)) return;
        expect(world.grants.get(action.number)).toBe(emptyWorld().grants.get(action.number));
      });
    });
  });

  law(
    'at rest a device is there as a whole or not at all, but for what the guest itself takes away',
    hostileTurns,
    (turns) => {
      forEveryTurn(turns, (before) => {
        const rest = settle(before);
        const fights = plan(rest)
          .refusals.filter(({ code }) => code === 'E_FIGHT')
          .map(({ subject }) => subject);
        const nodes = desired(rest).filter(({ path }) => !fights.includes(`${rest.guest}:${path}`));
        for (const group of Map.groupBy(nodes, (node) => groupKey(node) ?? node.path).values()) {
          expect(new Set(group.map((node) => isThere(node, rest))).size).toBe(1);
        }
      });
    },
  );

  law('what a device lacks is told of with its name', hostileTurns, (turns) => {
    const { guest, ...rest } = forEveryTurn(turns);
    const { refusals } = plan({ guest, ...rest });
    for (const node of desired({ guest, ...rest }).filter((one) => !isThere(one, { guest, ...rest }))) {
      const subjects = [...foldersAbove(node.path), node.path, '/dev'].map((path) => `${guest}:${path}`);
      const groupRefusal = `${node.group?.text} comes whole or not at all`;
      expect(
        refusals.some(({ subject, detail }) => subjects.includes(subject) || detail?.startsWith(groupRefusal)),
      ).toBe(true);
    }
  });

  law('a link never comes before its node', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      pass(before, (action, { world }) => {
        if (action.verb === 'make-link') expect(world.files.get(action.target)?.kind).toBe('device');
      });
    });
  });

  law('what is not ours is never touched', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      const { world } = pass(before);
      for (const [path, file] of before.world.files)
        if (isGuests(path, before)) expect(world.files.get(path)).toEqual(file);
      for (const [number, letters] of emptyWorld().grants) expect(world.grants.get(number)).toContain(letters);
    });
  });

  law('a crash after any action leaves nothing that the next pass does not mend', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) => sameAfterStop(before, (planned) => intent(before.ledger, planned)));
  });

  law('a plan that stops half-way is finished by the next pass', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) =>
      sameAfterStop(before, (planned, count) => performed(before.ledger, planned, planned.actions.slice(0, count))),
    );
  });

  law('a crash while everything is unplugged leaves nothing', hostileTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      const planned = plan(before);
      const ledger = intent(before.ledger, planned);
      for (const world of worldsOnTheWay(before, planned)) {
        const gone = settle({ ...before, world, ledger, devices: [], memory: planned.memory });
        expect(isPartOf(gone.world, before.world)).toBe(true);
        for (const node of before.ledger.nodes)
          expect(gone.world.files.get(node.path)).not.toMatchObject({ number: node.number });
      }
    });
  });

  law(
    'a guest that undoes everything, always, is left alone in the end',
    fc.tuple(beginning, fc.array(tampering)),
    undone,
  );
});

function undone([first, list]: readonly [
  Story,
  readonly { readonly path: string; readonly file: Parameters<typeof tamper>[2] }[],
]): void {
  let now = settle(first);
  for (let round = 0; round < 20; round += 1) {
    const world = list.reduce((world, { path, file }) => tamper(world, path, file), now.world);
    now = pass({ ...now, world, now: now.now + 1 });
  }
  const world = list.reduce((world, { path, file }) => tamper(world, path, file), now.world);
  const verbs = plan({ ...now, world }).actions.map(({ verb }) => verb);
  expect(verbs.filter((verb) => verb === 'make-node' || verb === 'make-link' || verb === 'set-node')).toEqual([]);
}

function sameAfterStop(before: Story, ledgerAt: (planned: Plan, count: number) => Story['ledger']): void {
  const planned = plan(before);
  const whole = settle(before);
  worldsOnTheWay(before, planned).forEach((world, count) => {
    const stopped = settle({ ...before, world, ledger: ledgerAt(planned, count), memory: planned.memory });
    expect(stopped.world).toEqual(whole.world);
    expect(withoutCounts(stopped)).toEqual(withoutCounts(whole));
  });
}

/** Whether nothing is there, and nothing allowed, that was not before. */
function isPartOf(after: Story['world'], before: Story['world']): boolean {
  const files = [...after.files.keys()].every((path) => before.files.has(path));
  return files && [...after.grants].every(([number, letters]) => before.grants.get(number)?.includes(letters));
}

/** The world after no action, after the first, and so on. */
function worldsOnTheWay(before: Story, planned: Plan): readonly Story['world'][] {
  const worlds = [before.world];
  let now = before;
  for (const action of planned.actions) {
    const next = act(now, action);
    if (!next) break;
    worlds.push(next.world);
    now = next;
  }
  return worlds;
}

function removedPath(action: Action): readonly string[] {
  return action.verb === 'remove-node' ? [action.path] : [];
}

/** Made by us, and still there. */
function isThere({ path, number }: DesiredNode, { world, ledger }: Story): boolean {
  const file = world.files.get(path);
  const isOurs = ledger.nodes.some((node) => node.path === path && node.number === numberText(number));
  return isOurs && file?.kind === 'device' && file.number === numberText(number);
}

/** Nodes that the guest has, should have, and may not open as it should. */
function barredPaths(story: Story): readonly string[] {
  const barred = given(story).filter(({ node }) =>
    accessWithout(node.access, accessHeld(story.world, numberText(node.number))),
  );
  return barred.map(({ node }) => node.path);
}

function isGuests(path: string, { world, ledger }: Story): boolean {
  const kind = world.files.get(path)?.kind;
  return (
    kind === 'file' || kind === 'fifo' || kind === 'socket' || (kind === 'folder' && !ledger.folders.includes(path))
  );
}

function withoutCounts({ ledger }: Story) {
  return { ...ledger, corrections: {} };
}
