import { assert, describe, expect } from 'vitest';
import type { Ownership } from '../../src/model/node.ts';
import { law } from './law.ts';
import { given, pass, plan, type Story, story } from './story.ts';
import { forEveryTurn, peacefulTurns } from './turns.ts';
import { emptyWorld } from './world.ts';

describe('whatever is plugged, and whatever the rules say', () => {
  law('one pass is enough, and a second one has nothing to do', peacefulTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      const after = pass(before);
      expect(plan(after).actions).toEqual([]);
      expect(plan(after).after).toEqual({ ...after.ledger, released: [] }); // nobody holds what was released
      expect(plan(after).memory).toEqual(after.memory);
    });
  });

  law('what the guest has does not depend on what it had before', peacefulTurns, (turns) => {
    const last = forEveryTurn(turns);
    const fresh = pass(story(last.rules, last.devices, { guest: last.guest, memory: last.memory }));
    expect(shape(last)).toEqual(shape(fresh));
  });

  law('nothing of a device that is gone stays', peacefulTurns, (turns) => {
    const gone = pass({ ...forEveryTurn(turns), devices: [] });
    expect(gone.world).toEqual(emptyWorld());
    expect(gone.ledger).toMatchObject({ nodes: [], links: [], folders: [], grants: [], released: [] });
  });

  law('what a rule states is so', peacefulTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      for (const { node, ownership } of given(pass(before))) {
        if (node.stated.mode !== undefined) expect(ownership.mode).toBe(node.stated.mode);
        if (node.stated.owner === 'scan') expect(ownership.uid).toBe(1000);
        if (node.stated.group === 'scanner') expect(ownership.gid).toBe(104);
      }
    });
  });

  law('what no rule states is never changed in a node that stays', peacefulTurns, (turns) => {
    forEveryTurn(turns, (before) => {
      const after = new Map(given(pass(before)).map(({ node, ownership }) => [node.path, ownership]));
      for (const { node, ownership } of given(before).filter(({ node }) => isOurs(before, node.path))) {
        expect(unstated(after.get(node.path), node.stated)).toEqual(unstated(ownership, node.stated));
      }
    });
  });

  law('what somebody in the guest set last is there again after a replug', peacefulTurns, (turns) => {
    const last = forEveryTurn(turns);
    const replugged = pass({ ...pass({ ...last, devices: [] }), devices: last.devices });
    const keys = given(last).map(({ node }) => node.memory);
    const again = new Map(given(replugged).map(({ node, ownership }) => [node.path, ownership]));
    for (const { node, ownership } of given(last)) {
      const remembered = last.memory[node.memory];
      // Two nodes that nothing tells apart share one memory.
      if (!remembered || keys.filter((key) => key === node.memory).length > 1) continue;
      expect(again.get(node.path)).toMatchObject(unstated(remembered, node.stated));
      assert(ownership);
    }
  });
});

/** Everything but owners and modes: what no rule states is the guest's own affair. */
function shape({ world }: Story) {
  const files = [...world.files].map(([path, file]) => [path, file.kind === 'device' ? file.number : file] as const);
  return { files: new Map(files), grants: world.grants };
}

function isOurs({ ledger }: Story, path: string): boolean {
  return ledger.nodes.some((node) => node.path === path);
}

function unstated(
  ownership: Partial<Ownership> | undefined,
  stated: { mode?: number; owner?: string; group?: string },
) {
  return {
    ...(stated.mode === undefined && ownership?.mode !== undefined && { mode: ownership.mode }),
    ...(stated.owner === undefined && ownership?.uid !== undefined && { uid: ownership.uid }),
    ...(stated.group === undefined && ownership?.gid !== undefined && { gid: ownership.gid }),
  };
}
