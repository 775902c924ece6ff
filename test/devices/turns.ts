import fc from 'fast-check';
import type { Device } from '../../src/model/device.ts';
import type { Ownership, StatedOwnership } from '../../src/model/node.ts';
import type { Rule } from '../../src/model/rule.ts';
import { guest, host, ownership, rules, stated, type Tampering, tampering } from './arbitrary.ts';
import { type Story, settle, story } from './story.ts';
import { NAMES, tamper } from './world.ts';

/** What happens around one guest: other devices, other rules, and what the guest does itself. */
export type Turn =
  | { readonly kind: 'host'; readonly devices: readonly Device[] }
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] }
  /** The same rules state other owners and modes. */
  | { readonly kind: 'restate'; readonly stated: StatedOwnership }
  | { readonly kind: 'chown'; readonly which: number; readonly ownership: Ownership }
  | { readonly kind: 'tamper'; readonly tampering: Tampering }
  | { readonly kind: 'minute' }
  /** The guest forgets a name that rules state, or learns it again. */
  | { readonly kind: 'rename' };

/** A guest's first state, and what happens then. */
export type Turns = readonly [first: Story, turns: readonly Turn[]];

const peacefulTurn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('host' as const), devices: host }) },
  fc.record({ kind: fc.constant('rules' as const), rules }),
  fc.record({ kind: fc.constant('restate' as const), stated }),
  fc.record({ kind: fc.constant('chown' as const), which: fc.nat({ max: 5 }), ownership }),
);

const hostileTurn: fc.Arbitrary<Turn> = fc.oneof(
  peacefulTurn,
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tamper' as const), tampering }) },
  fc.record({ kind: fc.constant('minute' as const) }),
  fc.record({ kind: fc.constant('rename' as const) }),
);

export const beginning = fc
  .record({ rules, devices: host, guest })
  .map((said) => story(said.rules, said.devices, said));
export const peacefulTurns: fc.Arbitrary<Turns> = fc.tuple(beginning, fc.array(peacefulTurn, { maxLength: 6 }));
export const hostileTurns: fc.Arbitrary<Turns> = fc.tuple(beginning, fc.array(hostileTurn, { maxLength: 8 }));

/** Looks at the world before each pass, settles it, and gives the last one. */
export function forEveryTurn([first, turns]: Turns, look: (before: Story) => void = () => {}): Story {
  look(first);
  return turns.reduce((settled, turn) => {
    const before = turned(settled, turn);
    look(before);
    return settle(before);
  }, settle(first));
}

function turned(story: Story, turn: Turn): Story {
  switch (turn.kind) {
    case 'host':
      return { ...story, devices: turn.devices };
    case 'rules':
      return { ...story, rules: turn.rules };
    case 'restate':
      return { ...story, rules: story.rules.map((rule) => restated(rule, turn.stated)) };
    case 'chown':
      return chowned(story, turn.which, turn.ownership);
    case 'tamper':
      return { ...story, world: tamper(story.world, turn.tampering.path, turn.tampering.file) };
    case 'minute':
      return { ...story, now: story.now + 60_000 };
    case 'rename':
      return { ...story, world: { ...story.world, names: story.world.names === NAMES ? NO_NAMES : NAMES } };
  }
}

const NO_NAMES = { users: new Map(), groups: new Map() };

function restated(rule: Rule, stated: StatedOwnership): Rule {
  const { path } = rule.node;
  return { ...rule, node: path === undefined ? stated : { path, ...stated } };
}

function chowned(story: Story, which: number, ownership: Ownership): Story {
  const nodes = [...story.world.files].flatMap(([path, file]) => (file.kind === 'device' ? [{ path, file }] : []));
  const node = nodes[which];
  return node ? { ...story, world: tamper(story.world, node.path, { ...node.file, ownership }) } : story;
}
