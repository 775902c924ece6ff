import fc from 'fast-check';
import { assert, expect, test } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { ownershipText } from '../../src/report/action-text.ts';
import { ownership } from '../devices/arbitrary.ts';
import type { File } from '../devices/world.ts';
import type { Start } from '../fakes/machine.ts';
import { CONFIGS, MODELS, wanted } from './simulated-devices.ts';
import { SimulatedHost, type Turn } from './simulated-host.ts';
import { watchLaws } from './simulated-laws.ts';

const GUESTS = ['web1', 'web2'];
const guest = fc.constantFrom(...GUESTS);
const which = fc.nat({ max: 5 });
const minor = fc.nat({ max: 3 });
const change: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('plug'), model: fc.constantFrom(...MODELS), minor }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unplug'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replug'), which, minor }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('start', 'start', 'stop', 'restart'), guest }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unlink'), guest, which }) },
  fc.record({ kind: fc.constant('hold'), guest, which }),
  fc.record({ kind: fc.constant('chown'), guest, which, ownership }),
  fc.record({ kind: fc.constant('note'), guest, folder: fc.constantFrom('/dev/snd', '/dev/printers') }),
);
const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 12, arbitrary: change },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('unheard'),
      what: fc.constantFrom('uevents', 'changes'),
      turns: fc.array(change, { maxLength: 2 }),
    }),
  },
  fc.record({ kind: fc.constant('worker-dies'), guest }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reload'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.integer({ min: 1, max: 400 }) }) },
  fc.record({ kind: fc.constantFrom('udevd', 'executor-dies', 'agent-dies', 'nudge') }),
);
const story = fc.record({
  config: fc.nat({ max: CONFIGS.length - 1 }),
  /** What came to rest before the rest began. */
  before: fc.array(change, { maxLength: 8 }),
  turns: fc.array(turn, { maxLength: 10 }),
  choices: fc.array(fc.nat({ max: 30 }), { minLength: 20, maxLength: 60 }),
});

/** Two guests run, and what only one may have goes from one to the other and back. */
const few = fc.nat({ max: 1 });
const quarrel: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('reload'), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hold'), guest, which: few }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('plug'),
      model: fc.constantFrom('scanner', 'modem', 'sound'),
      minor: fc.constant(0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('unplug'), which: fc.constant(0) }) },
  fc.record({ kind: fc.constantFrom('start', 'restart'), guest }),
  fc.record({ kind: fc.constant('worker-dies'), guest }),
  fc.record({ kind: fc.constantFrom('executor-dies', 'agent-dies', 'agent-dies', 'nudge') }),
);
const moves = fc.record({
  config: fc.nat({ max: CONFIGS.length - 1 }),
  before: fc.constant<Turn[]>([
    { kind: 'start', guest: 'web1' },
    { kind: 'start', guest: 'web2' },
    { kind: 'plug', model: 'scanner', minor: 0 },
  ]),
  turns: fc.array(quarrel, { maxLength: 10 }),
  choices: fc.array(fc.nat({ max: 30 }), { minLength: 20, maxLength: 60 }),
});

test.each([
  ['whatever happens in whatever order', story, 2000],
  ['whatever goes from guest to guest', moves, 2000],
] as const)(
  '%s, guests end with what the rules say, and no law is broken on the way',
  async (_what, stories, numRuns) => {
    await fc.assert(
      fc.asyncProperty(stories, async ({ config, before, turns, choices }) => {
        const host = new SimulatedHost(CONFIGS, config, GUESTS);
        const choose = chooser(choices);
        const broken = watchLaws(host);
        await host.play(before, choose);
        if (before.length > 0) await host.settle(choose);
        await host.play(turns, choose);
        host.letGo();
        await host.settle(choose);
        assert.deepEqual(broken, []);
        for (const name of GUESTS) expectWanted(host, name);
        await expectPeace(host, choose);
      }),
      { numRuns },
    );
  },
);

/** The list again and again. */
function chooser(choices: readonly number[]): () => number {
  let at = 0;
  return () => choices[at++ % choices.length] ?? 0;
}

function expectWanted({ machine, config, agent, ownersAreKnown, notes }: SimulatedHost, name: string): void {
  const start = machine.guests.get(name);
  const view = agent.control.guest(name);
  expect(view?.state).toBe(start ? 'running' : 'stopped');
  if (start === undefined) return;
  const { files, grants } = wanted(config, machine.devices, name);
  const said = new Map([...files, ...(notes.get(start) ?? [])]);
  expect(shapeOf(start, ownersAreKnown)).toEqual(ownersAreKnown ? said : withoutOwnership(said));
  expect(start.world.grants).toEqual(grants);
  const folders = [...files].filter(([, what]) => what === 'folder').map(([path]) => path);
  expect([...(machine.line.watched.get(name) ?? [])]).toEqual(expect.arrayContaining(folders));
  const nodes = [...files].filter(([, what]) => what.startsWith('c:')).map(([path]) => path);
  expect(view?.nodes.map(({ path }) => path).sort()).toEqual(nodes.sort());
}

function shapeOf({ world }: Start, ownersAreKnown: boolean): ReadonlyMap<string, string> {
  const shape = new Map([...world.files].map(([path, file]) => [path, textOf(file)] as const));
  return ownersAreKnown ? shape : withoutOwnership(shape);
}

function textOf(file: File): string {
  if (file.kind === 'device') return `${file.number} ${ownershipText(file.ownership)}`;
  return file.kind === 'link' ? `-> ${file.target}` : file.kind;
}

function withoutOwnership(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...files].map(([path, text]) => [path, text.replace(/^(c:\S+) .*$/, '$1')]));
}

/** A host at rest: another look changes nothing. */
async function expectPeace(host: SimulatedHost, choose: () => number): Promise<void> {
  const actions: Action[] = [];
  host.machine.onAction = (_guest, action) => actions.push(action);
  await host.turn({ kind: 'nudge' });
  await host.drain(choose);
  expect(actions).toEqual([]);
  expect(host.agent.control.status().ready).toBe(true);
}
