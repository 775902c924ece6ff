import { describe, expect, test } from 'vitest';
import { intent, performed } from '../../src/devices/ledger.ts';
import { type Muted, tellKey } from '../../src/devices/plan/tell.ts';
import { planGuest } from '../../src/devices/plan.ts';
import type { Action } from '../../src/model/action.ts';
import type { GuestLedger } from '../../src/model/ledger.ts';
import { numberText } from '../../src/model/number.ts';
import { law } from './law.ts';
import { emptyLedger, replugged, rule, serial } from './make.ts';
import { desired, given, pass, plan, type Story, story } from './story.ts';
import { forEveryTurn, hostileTurns, peacefulTurns } from './turns.ts';
import { observe, tamper } from './world.ts';

const modem = rule('modem', { match: { subsystem: ['tty'] }, links: ['/dev/modem'] });
const before = story([modem], [serial()]);

/** `add c:188:0`, in the plan's order. */
function tells(of: Story): readonly string[] {
  return plan(of).actions.flatMap((action) => (action.verb === 'tell' ? `${action.event} ${action.number}` : []));
}

describe('a guest is told', () => {
  test('of a device when its node and its links are there, with both', () => {
    const { actions } = plan(before);
    expect(actions.map(({ verb }) => verb)).toEqual(['grant', 'make-node', 'make-link', 'tell']);
    expect(actions.at(-1)).toMatchObject({
      event: 'add',
      number: 'c:188:0',
      news: { kernel: { DEVNAME: 'ttyUSB0' }, links: ['/dev/modem'] },
    });
  });

  test('of its end when node and link are gone, with what it was told before', () => {
    const { actions } = plan({ ...pass(before), devices: [] });
    expect(actions.map(({ verb }) => verb)).toEqual(['revoke', 'remove-link', 'remove-node', 'tell']);
    expect(actions.at(-1)).toMatchObject({ event: 'remove', news: pass(before).ledger.told?.[0]?.news });
  });

  test('of the old number before the new one', () => {
    expect(tells({ ...pass(before), devices: [replugged(3)] })).toEqual(['remove c:188:0', 'add c:188:3']);
  });

  test('of another device under the same number as of one that went and one that came', () => {
    const disk = (seq: string) => serial({ diskseq: seq });
    const first = pass(story([modem], [disk('1')]));
    expect(tells({ ...first, devices: [disk('2')] })).toEqual(['remove c:188:0', 'add c:188:0']);
  });

  test('of what udev says later, and of another link, as a change', () => {
    const first = pass(before);
    expect(tells({ ...first, devices: [serial({ properties: { ID_MODEL: 'other' } })] })).toEqual(['change c:188:0']);
    expect(tells({ ...first, rules: [{ ...modem, links: ['/dev/other'] }] })).toEqual(['change c:188:0']);
  });

  test('once of a device that it has under two paths', () => {
    const two = [modem, rule('second', { match: { subsystem: ['tty'] }, node: { path: '/dev/a' } })];
    expect(tells({ ...before, rules: two })).toEqual(['add c:188:0']);
  });

  test('nothing where the rule says so, and still of the end of what it knew', () => {
    expect(tells({ ...before, rules: [{ ...modem, tell: false }] })).toEqual([]);
    const silenced = { ...pass(before), rules: [{ ...modem, tell: false as const }] };
    expect(tells(silenced)).toEqual([]);
    expect(tells({ ...pass(silenced), devices: [] })).toEqual(['remove c:188:0']);
  });

  test('of a device whose module the first open loads when that is loaded, and of its end when it is not any more', () => {
    const unloaded = serial({ unloaded: true });
    const first = story([modem], [unloaded]);
    expect(plan(first).actions.map(({ verb }) => verb)).toEqual(['grant', 'make-node', 'make-link']);
    const loaded = { ...pass(first), devices: [serial()] };
    expect(tells(loaded)).toEqual(['add c:188:0']);
    expect(tells(pass(loaded))).toEqual([]);
    const again = { ...pass(loaded), devices: [unloaded] };
    expect(plan(again).actions.map(({ verb }) => verb)).toEqual(['tell']);
    expect(tells(again)).toEqual(['remove c:188:0']);
    expect(tells(pass(again))).toEqual([]);
  });

  test('again when it is started anew', () => {
    expect(tells({ ...pass(before), ledger: emptyLedger() })).toEqual(['add c:188:0']);
  });

  test('not of a node that something else is in the way of', () => {
    const world = tamper(before.world, '/dev/ttyUSB0', { kind: 'fifo' });
    expect(tells({ ...before, world })).toEqual([]);
  });

  test('nothing that is not to be tried now, and what it knows stays known', () => {
    const told = pass(before);
    const gone = { ...told, devices: [] };
    const key = keyIn(plan(gone).actions);
    const muted = planMuted(gone, key);
    expect(muted.actions.map(({ verb }) => verb)).not.toContain('tell');
    expect(muted.after.told).toEqual(told.ledger.told);
    expect(muted.toTell).toEqual([key]);
  });

  test('not of the end of what it could not be told of in all tries, and that is forgotten', () => {
    const gone = { ...pass(before), devices: [] };
    const key = keyIn(plan(gone).actions);
    const { actions, after, toTell } = planMuted(gone, key, Number.POSITIVE_INFINITY);
    expect(actions.map(({ verb }) => verb)).not.toContain('tell');
    expect([after.told, toTell]).toEqual([[], []]);
  });

  test('of the end also when it could not be told of the beginning', () => {
    const key = keyIn(plan(before).actions);
    const gone = { ...pass(before), devices: [] };
    expect(planMuted(gone, key, Number.POSITIVE_INFINITY).actions.at(-1)).toMatchObject({ event: 'remove' });
  });
});

describe('a crash', () => {
  const planned = plan(before);

  test('between node and telling leads to telling', () => {
    const steps = planned.actions.filter(({ verb }) => verb !== 'tell');
    for (const ledger of [performed(before.ledger, planned, steps), intent(before.ledger, planned)])
      expect(tells({ ...pass(before), ledger })).toEqual(['add c:188:0']);
  });

  test('between telling and writing it down leads to telling of the end too', () => {
    const unsure = { ...pass(before), ledger: intent(before.ledger, planned) };
    const gone = { ...unsure, devices: [] };
    expect(tells(gone)).toEqual(['remove c:188:0']);
    expect(pass(gone).ledger.told).toEqual([]);
  });

  test('between a change and writing it down leads to telling it once more', () => {
    const changed = { ...pass(before), devices: [serial({ properties: { ID_MODEL: 'other' } })] };
    const unsure = { ...changed, ledger: intent(changed.ledger, plan(changed)) };
    expect(tells(unsure)).toEqual(['add c:188:0']);
    expect(tells(pass(unsure))).toEqual([]);
  });

  test('while one device takes the number of another leaves neither behind', () => {
    const swapped = { ...pass(story([modem], [serial({ diskseq: '1' })])), devices: [serial({ diskseq: '2' })] };
    const unsure = { ...swapped, ledger: intent(swapped.ledger, plan(swapped)) };
    expect(tells(unsure)).toEqual(['remove c:188:0', 'add c:188:0']);
    expect(tells({ ...unsure, devices: [] })).toEqual(['remove c:188:0']);
  });

  test('between removal and telling leads to telling what was known', () => {
    const told = pass(before);
    const removing = plan({ ...told, devices: [] });
    const steps = removing.actions.filter(({ verb }) => verb !== 'tell');
    const after = { ...pass({ ...told, devices: [] }), ledger: performed(told.ledger, removing, steps) };
    expect(tells(after)).toEqual(['remove c:188:0']);
    expect(performed(told.ledger, removing, removing.actions.slice(-1)).told).toEqual([]);
  });

  test('a ledger of an agent that did not tell yet has told nothing', () => {
    const { told: _, ...old } = pass(before).ledger;
    expect(tells({ ...pass(before), ledger: old })).toEqual(['add c:188:0']);
  });
});

describe('whether a libudev inside listens', () => {
  test('is seen to once, also while there is no device', () => {
    const empty = { ...before, devices: [] };
    const first = planTelling(empty, true);
    expect(first.actions).toEqual([{ verb: 'let-listen' }]);
    expect(planTelling({ ...empty, ledger: first.after }, true).actions).toEqual([]);
    expect(intent(empty.ledger, first).listens).toBeUndefined();
    expect(performed(empty.ledger, { ...first, actions: [...first.actions, ...first.actions] }, first.actions)).toEqual(
      first.after,
    );
  });

  test('is left alone where no rule tells', () => {
    expect(planTelling(before, false).actions.map(({ verb }) => verb)).not.toContain('let-listen');
  });
});

law('a guest knows of the devices that it has, and of no others', peacefulTurns, (turns) => {
  forEveryTurn(turns, (turn) => {
    const after = pass(turn);
    const has = new Map(given(after).map(({ node }) => [numberText(node.number), node.device.split(' ')[0]]));
    expect(new Map([...after.world.told].sort())).toEqual(new Map([...has].sort()));
  });
});

law('whatever the guest does, what is written down is what it was told', hostileTurns, (turns) => {
  forEveryTurn(turns, (turn) => {
    const { world, ledger } = pass(turn);
    expect([...world.told.keys()].sort()).toEqual(numbersTold(ledger));
  });
});

function numbersTold({ told = [] }: GuestLedger): readonly string[] {
  return told.map(({ number }) => number);
}

function keyIn(actions: readonly Action[]): string {
  const tell = actions.find((action) => action.verb === 'tell');
  return tell === undefined ? '' : tellKey(tell);
}

function planMuted(of: Story, key: string, until = 1_000) {
  return planWith(of, { muted: new Map([[key, { until }]]) });
}

function planTelling(of: Story, tells: boolean) {
  return planWith(of, { tells });
}

function planWith(of: Story, said: { readonly tells?: boolean; readonly muted?: Muted }) {
  const { guest, ledger, memory, confine, now, world } = of;
  const paths = [...world.files.keys(), '/dev/ttyUSB0', '/dev/modem'];
  const observed = observe(world, paths);
  return planGuest({
    guest,
    desired: desired(of),
    observed,
    ledger,
    memory,
    confine,
    now,
    plugged: () => false,
    ...said,
  });
}
