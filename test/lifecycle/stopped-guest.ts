import fc from 'fast-check';
import { waysOf } from '../../src/lifecycle/halt-ways.ts';
import type { ObservedStop } from '../../src/lifecycle/phases.ts';
import { beginStop, isOver, planStop } from '../../src/lifecycle/stop.ts';
import { INIT_KINDS, type InitKind } from '../../src/model/halt.ts';
import type { InitFacts } from '../../src/model/init-facts.ts';
import type { StopSettings } from '../../src/model/lifecycle.ts';
import type { Phase, StopAction, StopState } from '../../src/model/stop.ts';
import { deaf, LISTENING, UPSTART } from './init-facts.ts';

/** How a guest behaves when it is stopped. */
export interface Behaviour {
  readonly init: InitKind;
  /** Until then its init is a script that hears nothing, and has a process more. */
  readonly execsAt?: number;
  /** When init begins to listen; absent: never. */
  readonly armsAt?: number;
  /** How many of the first halts it loses although it listens. */
  readonly loses: number;
  /** It hears the other way, however little it listens to the first one. */
  readonly hearsNag?: true;
  /** From the halt that it heard to its end; absent: never. */
  readonly haltMs?: number;
  /** When it has fewer processes than before, after that halt. */
  readonly shrinkMs: number;
  /** When it ends by itself. */
  readonly endsAt?: number;
  /** When somebody freezes it. */
  readonly freezesAt?: number;
  /** From a kill to its end; absent: a task of it never ends. */
  readonly killMs?: number;
  /** From its end to that of others in its cgroup, whom nobody asks; absent: as long as nobody kills them. */
  readonly leftMs?: number;
  /** From its end until its runtime has cleared away. */
  readonly clearMs: number;
  readonly hookMs: number;
  /** When its devices have been taken from it. */
  readonly deviceMs: number;
  /** Looks that nobody asked for. */
  readonly nudges: readonly number[];
  /** After its first look nobody looks before that. */
  readonly lateMs?: number;
  /** When another agent takes the stop up. */
  readonly takenUpAt: readonly number[];
}

const ms = (max: number) => fc.integer({ min: 0, max });
const perhaps = (max: number) => fc.option(ms(max), { nil: undefined });

export const behaviours: fc.Arbitrary<Behaviour> = fc
  .record({
    init: fc.constantFrom(...INIT_KINDS),
    armsAt: perhaps(20_000),
    hearsNag: fc.option(fc.constant(true as const), { nil: undefined }),
    loses: fc.integer({ min: 0, max: 4 }),
    haltMs: perhaps(80_000),
    shrinkMs: ms(5000),
    endsAt: perhaps(100_000),
    freezesAt: perhaps(60_000),
    killMs: perhaps(20_000),
    leftMs: fc.option(fc.oneof(fc.constant(0), ms(3000)), { nil: undefined, freq: 4 }),
    clearMs: ms(8000),
    hookMs: ms(30_000),
    deviceMs: ms(20_000),
    nudges: fc.array(ms(100_000), { maxLength: 10 }),
    takenUpAt: fc.array(ms(100_000), { maxLength: 3 }),
  })
  .map((drawn) => Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)) as never);

export const settings: fc.Arbitrary<StopSettings> = fc.record({
  timeoutMs: fc.integer({ min: 0, max: 60_000 }),
  before: fc.array(
    fc.record({
      words: fc.constant(['true']),
      timeoutMs: fc.integer({ min: 1, max: 10_000 }),
      where: fc.constant('guest' as const),
    }),
    { maxLength: 3 },
  ),
});

export interface Done {
  readonly at: number;
  readonly action: StopAction;
}

export interface Story {
  readonly begun: StopState;
  readonly last: StopState;
  readonly done: readonly Done[];
  readonly phases: readonly Phase[];
  readonly endedAt: number;
  /** When the guest ended because it heard a halt, or by itself; absent: it was killed, or still runs. */
  readonly endsByItselfAt?: number;
  readonly looks: number;
}

const START = 5_000_000;
const FOREVER = Number.POSITIVE_INFINITY;
const LONG_MS = 3_600_000;

/** The whole stop of a guest that behaves so, and has run so long. */
export function stopStory(how: Behaviour, wanted: StopSettings, ranMs = LONG_MS): Story {
  const of = { pid: 100, startTime: String((START - ranMs) / 10), cgroup: '/lxc.payload.web1' };
  let state = beginStop({ of, cgroupId: '1:2', bootId: 'b', settings: wanted, now: START });
  const begun = state;
  const guest = new SimulatedGuest(how, wanted, ranMs);
  const done: Done[] = [];
  const phases: Phase[] = [];
  const moments = [...how.nudges, ...how.takenUpAt].map((at) => START + at).sort((one, other) => one - other);
  const deaths = new Set(how.takenUpAt.map((at) => START + at));
  let now = START;
  let looks = 0;
  for (; looks < 2000; looks += 1) {
    if (deaths.delete(now)) guest.agentDies(); // once, however often it is looked at in that moment
    const plan = planStop(JSON.parse(JSON.stringify(state)), guest.observed(now), now);
    state = plan.state;
    phases.push(state.phase);
    for (const action of plan.actions) {
      done.push({ at: now, action });
      guest.take(action, now);
    }
    if (isOver(state)) break;
    const at = now;
    const next = moments.find((moment) => moment > at) ?? FOREVER;
    now = Math.max(now, Math.min(plan.wakeAt ?? FOREVER, next, guest.nextEvent(at)), START + (how.lateMs ?? 0));
    if (now === FOREVER) break;
  }
  const byItself = guest.endsByItself();
  return {
    begun,
    last: state,
    done,
    phases,
    endedAt: now,
    looks,
    ...(byItself < FOREVER && { endsByItselfAt: byItself }),
  };
}

class SimulatedGuest {
  readonly #how: Behaviour;
  readonly #settings: StopSettings;
  /** When it is begun to be stopped. */
  readonly #ranMs: number;
  #heardAt = FOREVER;
  #halts = 0;
  #isTaken = false;
  #killedAt = FOREVER;
  #thawedAt = -FOREVER;
  #hookEndsAt = -FOREVER;

  constructor(how: Behaviour, settings: StopSettings, ranMs: number) {
    this.#how = how;
    this.#ranMs = ranMs;
    this.#settings = settings;
  }

  observed(now: number): ObservedStop {
    const { init, clearMs, deviceMs } = this.#how;
    const listens = this.#listens(now) && now < this.#heardAt;
    return {
      initRuns: now < this.#endsAt(),
      ranMs: this.#ranMs + now - START,
      facts: this.#isScript(now) ? deaf(LISTENING.plain) : factsOf(init, listens),
      isPopulated: now < this.#endsAt() || this.#hasOthers(now),
      isKilled: now >= this.#killedAt,
      isFrozen: this.#isFrozen(now),
      processes: now >= this.#heardAt + this.#how.shrinkMs ? 1 : this.#isScript(now) ? 6 : 5,
      hasDevices: now < START + deviceMs,
      hookRuns: now < this.#hookEndsAt,
      isAsking: false,
      isTaken: this.#isTaken,
      isCleared: now >= this.#endsAt() + clearMs,
    };
  }

  take(action: StopAction, now: number): void {
    if (action.verb === 'thaw') this.#thawedAt = now;
    if (action.verb === 'hook') this.#hookEndsAt = now + this.#how.hookMs;
    if (action.verb === 'kill') this.#killedAt = Math.min(this.#killedAt, now);
    if (action.verb !== 'halt') return;
    if (action.isNag) {
      this.#isTaken = this.#how.hearsNag === true;
      if (this.#isTaken) this.#heardAt = Math.min(this.#heardAt, now);
      return;
    }
    const loses = waysOf(action.init, this.#settings.halt).forgets ? this.#how.loses : 0;
    const isHeard = this.#listens(now) && !this.#isFrozen(now) && this.#halts >= loses;
    this.#halts += 1;
    this.#isTaken = isHeard || this.#how.init !== 'sysvinit';
    if (isHeard && this.#heardAt === FOREVER) this.#heardAt = now;
  }

  agentDies(): void {
    this.#isTaken = false;
    this.#hookEndsAt = -FOREVER;
  }

  /** Whatever the agent is told of. */
  nextEvent(now: number): number {
    const { leftMs = FOREVER, killMs = FOREVER } = this.#how;
    return [
      START + this.#how.deviceMs,
      this.#hookEndsAt,
      this.#endsAt(),
      this.#endsAt() + leftMs,
      this.#killedAt + killMs,
    ]
      .filter((at) => at > now)
      .reduce((one, other) => Math.min(one, other), FOREVER);
  }

  endsByItself(): number {
    const { haltMs = FOREVER, endsAt = FOREVER } = this.#how;
    const at = Math.min(this.#heardAt + haltMs, START + endsAt);
    return at <= this.#killedAt ? at : FOREVER;
  }

  #endsAt(): number {
    const { killMs = FOREVER } = this.#how;
    return Math.min(this.endsByItself(), this.#killedAt + killMs);
  }

  #hasOthers(now: number): boolean {
    const { leftMs = FOREVER, killMs = FOREVER } = this.#how;
    return now >= this.#endsAt() && now < Math.min(this.#endsAt() + leftMs, this.#killedAt + killMs);
  }

  #listens(now: number): boolean {
    const { armsAt = FOREVER, init } = this.#how;
    return now >= START + armsAt && waysOf(init, this.#settings.halt).armed(LISTENING[init]);
  }

  #isScript(now: number): boolean {
    return now < START + (this.#how.execsAt ?? 0);
  }

  #isFrozen(now: number): boolean {
    const { freezesAt = FOREVER } = this.#how;
    return now >= START + freezesAt && this.#thawedAt < START + freezesAt && now < this.#killedAt;
  }
}

function factsOf(init: InitKind, listens: boolean): InitFacts {
  if (listens) return LISTENING[init];
  return init === 'sysvinit' ? UPSTART : deaf(LISTENING[init]);
}
