import { describe, expect, test } from 'vitest';
import type { ObservedGuest } from '../../src/model/observed.ts';
import { replugged, rule, serial } from './make.ts';
import { pass, plan, type Story, story } from './story.ts';

const modem = rule('modem', { match: { subsystem: ['tty'] }, take: 'all' });
const served = pass(story([modem], [serial()]));

/** The runtime's own program has come back beside ours, and allows this besides what is there. */
function drifted(from: Story, ...added: readonly (readonly [string, string])[]): Story {
  return { ...from, world: { ...from.world, policy: 'drifted', grants: new Map([...from.world.grants, ...added]) } };
}

const repair = (story: Story) => plan(story).actions.find(({ verb }) => verb === 'adopt-program');

describe('a program that came back beside ours', () => {
  test('goes, and what it allows stays; what is ours is still ours', () => {
    const planned = plan(drifted(served, ['c:10:229', 'rwm']));
    expect(planned.actions).toEqual([
      {
        verb: 'adopt-program',
        allowed: expect.arrayContaining([
          { number: 'c:10:229', access: 'rwm' },
          { number: 'c:188:0', access: 'rw' },
        ]),
      },
    ]);
    expect(planned.after.grants).toEqual(served.ledger.grants);
    expect(planned.refusals).toEqual([{ code: 'W_DRIFT', subject: 'web1' }]);
  });

  test('goes also while the guest is to have nothing of us: what it allows is to be in force', () => {
    expect(repair(drifted(pass(story([], []))))).toBeDefined();
  });

  test('does not give back what a rule no longer grants', () => {
    const planned = repair(drifted({ ...served, rules: [] }));
    expect(JSON.stringify(planned)).not.toContain('c:188:0');
  });

  test('stays where it is not to be replaced: nothing is added, and what is given back is taken away', () => {
    const held = (from: Story) => ({
      ...from,
      world: { ...from.world, policy: 'drifted', heldProgram: '77' } as const,
    });
    const refusal = { code: 'E_PROGRAM_HELD', subject: 'web1', detail: 'program 77' };
    const plugged = plan(held({ ...served, devices: [serial(), replugged(3)] }));
    expect(plugged.actions).toEqual([]);
    expect(plugged.after.grants).toEqual(served.ledger.grants);
    expect(plugged.refusals).toEqual([refusal]);
    const unplugged = plan(held({ ...served, devices: [] }));
    expect(unplugged.actions.map(({ verb }) => verb)).toEqual(['revoke', 'remove-node', 'tell']);
    expect(unplugged.after).toMatchObject({ grants: [], nodes: [] });
    expect(unplugged.refusals).toEqual([refusal]);
  });

  test('is repaired twenty times in a minute, then left alone until that minute is over, and that is said', () => {
    let now = served;
    for (let time = 0; time < 20; time += 1) {
      expect(repair(drifted(now))).toBeDefined();
      now = { ...pass(drifted(now)), now: now.now + 1000 };
    }
    const planned = plan(drifted(now));
    expect(planned.actions).toEqual([]);
    expect(planned.refusals).toEqual([{ code: 'E_DRIFT', subject: 'web1', detail: '20' }]);
    expect(planned.after.grants).toEqual(served.ledger.grants);
    expect(planned.wakeAt).toBe(served.now + 60_000);
    expect(repair(drifted({ ...now, now: planned.wakeAt ?? 0 }))).toBeDefined();
  });
});

/** Ours was taken off, and somebody else's came in its place; `grants` is what the configuration allows. */
describe('a program that came in the place of ours', () => {
  const planOf = (from: Story, seen: Partial<ObservedGuest>) => plan(from, { policy: 'foreign', ...seen });

  test('stays, and ours goes beside it, also when all is taken back, and without what a rule no longer grants', () => {
    const planned = planOf(served, { isStripped: true });
    expect(planned.actions[0]).toMatchObject({ verb: 'join-program' });
    expect(JSON.stringify(planned.actions[0])).toContain('c:188:0');
    expect(planned.refusals).toEqual([{ code: 'W_PROGRAM_LOST', subject: 'web1' }]);
    const emptied = planOf({ ...served, rules: [] }, { isStripped: true });
    expect(emptied.actions[0]).toMatchObject({ verb: 'join-program' });
    expect(JSON.stringify(emptied.actions[0])).not.toContain('c:188:0');
    expect(emptied.after.grants).toEqual([]);
  });

  test('twenty times in a minute has its way, and it is said who fights', () => {
    let now = served;
    for (let time = 0; time < 20; time += 1) now = { ...now, ledger: planOf(now, { isStripped: true }).after };
    const planned = planOf(now, { isStripped: true });
    expect(planned.actions).toEqual([]);
    expect(planned.refusals).toEqual([{ code: 'E_PROGRAM_FOUGHT', subject: 'web1', detail: '20' }]);
    expect(planned.after.grants).toEqual(served.ledger.grants);
  });

  test('beside which ours cannot be leaves all that was given in the ledger, and its nodes go', () => {
    const planned = planOf({ ...served, rules: [] }, { heldProgram: '77' });
    expect(planned.actions.map(({ verb }) => verb)).toEqual(['remove-node', 'tell']);
    expect(planned.after).toMatchObject({ grants: served.ledger.grants, nodes: [] });
    expect(planned.refusals).toEqual([{ code: 'E_PROGRAM_LOST', subject: 'web1', detail: 'program 77' }]);
  });

  test('that can be read is replaced also when all is taken back', () => {
    expect(planOf({ ...served, rules: [] }, {}).actions[0]).toMatchObject({ verb: 'adopt-program' });
    expect(planOf(story([], []), {}).actions).toEqual([]);
  });
});
