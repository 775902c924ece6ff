import fc from 'fast-check';
import { afterEach, assert, beforeEach, test, vi } from 'vitest';
import type { StopView } from '../../../src/ports/agent.ts';
import type { Stage } from '../../fakes/stage.ts';
import { NAMES, SimulatedRuntime } from './simulated-runtime.ts';

const caller = { uid: 0, pid: 1 };
const OVER: readonly string[] = ['stopped', 'wedged', 'withdrawn'];

const ASKED = ['start', 'start', 'stop', 'stop', 'restart', 'restart', 'kill', 'stop-all'] as const;
const SEEN = ['crash', 'reboot', 'agent-dies'] as const;
const UNSEEN = ['executor-dies', 'crash-unseen', 'reboot-unseen'] as const;

interface Turn {
  readonly what: (typeof ASKED | typeof SEEN | typeof UNSEEN)[number];
  readonly guest: (typeof NAMES)[number];
  readonly ms: number;
  /** The agent dies after so many writes that follow, and one; undefined: it lives on. */
  readonly writes: number | undefined;
}

function turnOf(what: readonly Turn['what'][], writes: readonly Turn['writes'][]): fc.Arbitrary<Turn> {
  return fc.record({
    what: fc.constantFrom(...what),
    guest: fc.constantFrom(...NAMES),
    ms: fc.constantFrom(0, 1, 5, 40, 120, 300, 700, 2000, 6000),
    writes: fc.constantFrom(...writes),
  });
}

interface Story {
  readonly runtime: SimulatedRuntime;
  made: Stage;
  /** What was said of each last; one that may be held back is not in it. */
  readonly wanted: Map<string, 'running' | 'stopped'>;
  /** Who waits at this agent for the end of a stop, and from which event on. */
  waiting: StopView[];
}

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
afterEach(() => void vi.restoreAllMocks());

// Always the same stories: whoever looks for more changes the seed. Of an end that nobody saw before the agent died nobody can know.
test.each([
  ['whoever dies', turnOf([...ASKED, ...SEEN, ...UNSEEN], [undefined])],
  ['whatever the agent has written when it dies', turnOf([...ASKED, ...SEEN], [undefined, 0, 1, 2, 3, 5, 8])],
])(
  'whatever is asked and %s: a guest runs or not as was asked last, and nobody waits for ever',
  async (_what, turn) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { minLength: 3, maxLength: 12 }),
        fc.array(fc.nat({ max: 11 }), { minLength: 10, maxLength: 40 }),
        async (turns, choices) => {
          let at = 0;
          const choose = (from: readonly number[]) => from[(choices[at++ % choices.length] ?? 0) % from.length] ?? 0;
          const runtime = new SimulatedRuntime(choose);
          const story: Story = { runtime, made: await runtime.agent(), wanted: new Map(), waiting: [] };
          for (const one of turns) {
            await play(one, story);
            runtime.diesAfter(one.writes);
            await runtime.machine.clock.pass(one.ms);
            runtime.diesAfter(undefined);
            if (runtime.hasDied()) await next('agent-dies', one.guest, story);
          }
          await runtime.machine.clock.pass(70_000);
          assert.deepEqual(broken(story), []);
        },
      ),
      { numRuns: 150, seed: 5 },
    );
  },
);

async function play({ what, guest }: Turn, story: Story): Promise<void> {
  const { runtime, made, wanted } = story;
  const { control } = made.agent;
  if (what === 'agent-dies' || what === 'crash-unseen' || what === 'reboot-unseen') await next(what, guest, story);
  else if (what === 'executor-dies') runtime.machine.killExecutor();
  else if (what === 'crash' || what === 'reboot') runtime.end(guest, what === 'reboot');
  else if (what === 'start' || what === 'restart') {
    if (what === 'start') control.start({ guests: [guest] }, {}, caller);
    else control.restart({ guests: [guest] }, { kill: false }, caller);
    for (const one of guest === 'b' ? NAMES : [guest]) wanted.set(one, 'running');
  } else story.waiting.push(...(await stop(what, guest, story)).filter(({ state }) => state === 'stopping'));
}

// Nobody can say whether an end that no agent saw was asked for: the guest is not started again.
async function next(what: Turn['what'], guest: string, story: Story): Promise<void> {
  const { runtime, wanted } = story;
  const isWanted = runtime.machine.guests.get(guest) !== undefined && wanted.get(guest) === 'running';
  if (what === 'crash-unseen' && isWanted) wanted.delete(guest);
  story.made = await runtime.anotherAgent(() => {
    if (what !== 'agent-dies') runtime.end(guest, what === 'reboot-unseen');
  });
  story.waiting = [];
}

async function stop(what: Turn['what'], guest: string, { made, wanted }: Story): Promise<readonly StopView[]> {
  const { control } = made.agent;
  for (const one of what === 'stop-all' ? NAMES : [guest]) wanted.set(one, 'stopped');
  if (what === 'stop-all') return control.stopTogether({ mark: undefined }, { kill: false }, caller);
  if (guest === 'a' && wanted.get('b') === 'running') wanted.delete('b');
  return [await control.stop(guest, { kill: what === 'kill' }, caller)];
}

function broken({ runtime, made, wanted, waiting }: Story): readonly string[] {
  const { control } = made.agent;
  const states = NAMES.flatMap((guest) => {
    const state = runtime.machine.guests.get(guest) ? 'running' : 'stopped';
    const isAsWanted = (wanted.get(guest) ?? state) === state;
    const isKnown = control.guest(guest)?.state === state;
    return [isAsWanted ? [] : `${guest} is ${state}`, isKnown ? [] : `${guest} is ${state}, and not shown so`].flat();
  });
  const hanging = waiting.filter(
    ({ guest, after }) =>
      !control
        .events(after)
        .some((event) => event.kind === 'stop' && event.guest === guest && OVER.includes(event.action ?? '')),
  );
  return [...states, ...hanging.map(({ guest }) => `who stopped ${guest} waits for ever`)];
}
