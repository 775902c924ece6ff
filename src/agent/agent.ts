import { askedFacts } from '../devices/asked.ts';
import { assign } from '../devices/assign.ts';
import type { Config, Problem } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { AgentControl } from '../ports/agent.ts';
import type { HostEvent } from '../ports/host.ts';
import { createHistory } from '../report/history.ts';
import { AlertDesk } from './alerts/desk.ts';
import { agentControl } from './control.ts';
import { createCounters } from './counters.ts';
import { dispatch, type Takers } from './dispatch.ts';
import { createEnumerator } from './enumerate.ts';
import { executorRestarts, reopenSockets } from './executor-ended.ts';
import { gathered } from './gathered.ts';
import { findGuests } from './guests.ts';
import { hearKernelLog } from './kernel-log.ts';
import { Forecast } from './lifecycle/forecast.ts';
import { forgetOldHistories } from './lifecycle/histories.ts';
import { GuestLeavings } from './lifecycle/leavings.ts';
import { GuestLives } from './lifecycle/lives.ts';
import { OrderedStops } from './lifecycle/ordered-stops.ts';
import { expectShutdown } from './lifecycle/shutdown.ts';
import { bootGuests } from './lifecycle/start-guests.ts';
import { GuestStarts } from './lifecycle/starts.ts';
import { GuestStops } from './lifecycle/stops.ts';
import { createLimiter } from './limits/limiter.ts';
import { openLimits } from './limits/open-limits.ts';
import { MetricsListener } from './metrics/listener.ts';
import { newStopwatches, type Stopwatches, timed } from './metrics/stopwatch.ts';
import { pass } from './pass.ts';
import { permissions } from './permissions.ts';
import { createQueue } from './queue.ts';
import { refusedUevents } from './refused-uevents.ts';
import { putInForce, reload } from './reload.ts';
import { createReporter, type Log } from './reporter.ts';
import { startHook } from './start-hook.ts';
import { lookWhoStops } from './stopping.ts';
import { createUdevDebt } from './udev-debt.ts';
import { ueventIntake } from './uevents.ts';
import { watchConfiguration } from './watch-config.ts';
import type { Ports, World } from './world.ts';

export interface AgentOptions {
  readonly config: Config;
  /** What is wrong with the configuration on disk, when the last good one is in force instead. */
  readonly problems: readonly Problem[];
  readonly log: Log;
  readonly hostName: string;
  /** Opens the sockets that belong to an executor: hook and door. Answers why it cannot. */
  readonly openSockets: () => Promise<Refusal | undefined>;
  readonly restartExecutor: () => void;
  /** Makes guests those of an executor that was started again, as they were of the first one. Answers why it cannot. */
  readonly claimAgain: () => Promise<Refusal | undefined>;
  /** How often permissions are looked at that somebody may have changed without any event. Absent: never. */
  readonly doubtEveryMs?: number;
}

export interface Agent {
  readonly control: AgentControl;
  handle(event: HostEvent): void;
  /** Resolves after the first whole pass, or at once with why nobody could reach the agent. */
  start(): Promise<Refusal | undefined>;
  /** Whether no pass stands still. */
  goesOn(): boolean;
  /** Keeps what only this agent knows, for the next one. */
  end(): void;
}

/** The path of an event begins here. */
export function createAgent(ports: Ports, options: AgentOptions): Agent {
  const world = createWorld(ports, options, () => enumerator.ask('udevd is silent'));
  const hook = startHook(world);
  world.passed = hook.passed;
  const intake = ueventIntake(world);
  const enumerator = createEnumerator(world, intake.clear);
  const { begin, beginAgain, begunAgain } = beginnings(world, options);
  const takers: Takers = {
    intake,
    enumerator,
    startHook: hook,
    permissions: permissions(world),
    refusedUevents: refusedUevents(world),
    executorEnded: executorRestarts(world, () => void beginAgain()),
    findGuests: gathered(async () => void (await findGuests(world))),
  };

  return {
    control: agentControl(world),
    handle: (event) => dispatch(world, takers, event),
    end: () => endOf(world),
    goesOn: () => goesOn(world),
    async start() {
      // Who does not know whom there is would start nobody, and answer that nobody runs.
      const refusal = (await begin()) ? await options.openSockets() : await begunAgain;
      if (refusal !== undefined) return refusal;
      await beginWork(world);
      if (options.doubtEveryMs !== undefined) takers.permissions.doubtEvery(options.doubtEveryMs);
      return undefined;
    },
  };
}

/** Start-up and a new executor take the same path. */
function beginnings(world: World, options: AgentOptions) {
  const begin = async () => {
    world.udev = world.ports.devices.udevRuns() ? 'running' : 'absent';
    for (const record of world.records.values()) record.opened = undefined;
    world.limiter.hearAgain();
    // What the guests should have is known before the first pass: an empty wish would take everything from them.
    await putInForce(world, world.config);
    const areKnown = await findGuests(world);
    if (areKnown) goOnAndHear(world); // else there is nobody yet to go on with
    return areKnown;
  };
  const begunAgain = Promise.withResolvers<void>();
  const beginAgain = async () => {
    options.restartExecutor();
    const areKnown = await begin();
    await reopenSockets(world, async () => (await options.claimAgain()) ?? options.openSockets());
    if (areKnown) begunAgain.resolve();
  };
  return { begin, beginAgain, begunAgain: begunAgain.promise };
}

function goOnAndHear(world: World): void {
  world.stops.takeUp(world.records.keys());
  world.orderedStops.takeUp();
  world.starts.takeUp();
  world.lives.takeUp(world.records.keys());
  void lookWhoStops(world);
  expectShutdown(world);
  void world.ports.host.watchSystemd();
  void hearKernelLog(world);
}

// A guest that never rests holds nobody up.
async function allPassed({ records, queue, limiter }: World): Promise<void> {
  await Promise.all([...records.keys()].flatMap((name) => [queue.passed(name), limiter.passed(name)]));
}

/** No request to the executor takes longer than 90 s, and a pass rarely waits for two of that kind. */
const LONGEST_PASS_MS = 300_000;

function goesOn({ stopwatches, ports: { clock } }: World): boolean {
  return Object.values(stopwatches).every((stopwatch) => stopwatch.longestMs(clock.now()) < LONGEST_PASS_MS);
}

function endOf({ limiter, alerts }: World): void {
  limiter.end(); // which may be something to tell
  alerts.end();
}

async function beginWork(world: World): Promise<void> {
  await allPassed(world);
  world.alerts.keepOnly(world.records.keys());
  becomeReady(world);
  await watchConfiguration(world);
  // It may have changed before anybody watched; and only now can it be told that a rule is for a guest that is not here.
  void reload(world);
}

function becomeReady(world: World): void {
  world.ready = true;
  world.goingDown.beginToWarn();
  forgetOldHistories(world);
  bootGuests(world);
  if (world.udev === 'absent') world.report.refusal({ code: 'W_UDEV_ABSENT', subject: 'udevd' });
  for (const refusal of openLimits(world)) world.report.refusal(refusal);
}

// Whoever waits for what the guest has now is told.
function hasPassed(world: World, guest: string): void {
  world.passed(guest);
  world.stops.look(guest);
}

function createWorld(ports: Ports, options: AgentOptions, udevIsSilent: () => void): World {
  const { config, problems, log, hostName } = options;
  const report = createReporter(createHistory(1000), ports.clock, log);
  const counters = createCounters();
  const stopwatches = newStopwatches();
  const devicesPass = (name: string) => pass(world, name).finally(() => hasPassed(world, name));
  const world: World = {
    ports,
    report,
    counters,
    records: new Map(),
    queue: createQueue(timed(devicesPass, ports.clock, stopwatches.devices), ports.clock),
    seen: undefined,
    questions: 0,
    config,
    settings: config.settings,
    problems,
    loadedAt: ports.clock.calendar(),
    unsaved: undefined,
    unheard: [],
    nameless: [],
    reloaded: Promise.resolve(),
    asked: askedFacts([]),
    inventory: new Map(),
    endingUnits: new Set(),
    stoppedByTools: new Set(),
    assignment: assign([], new Map()),
    flaps: new Map(),
    slots: new Map(),
    ...livesOfGuests(ports, stopwatches, () => world),
    limiter: createLimiter(ports, () => world, stopwatches.limits),
    alerts: new AlertDesk({ ...ports, report, counters, instance: hostName }),
    metrics: new MetricsListener(ports, report),
    stopwatches,
    cancelReassign: () => {},
    passed: () => {},
    udev: 'absent',
    udevDebt: createUdevDebt(ports.clock, () => {
      world.udev = 'silent';
      udevIsSilent();
    }),
    ready: false,
    rechecks: false,
    deaf: undefined,
    hearsKernel: false,
  };
  return world;
}

function livesOfGuests(ports: Ports, { starts, stops }: Stopwatches, world: () => World) {
  return {
    stops: new GuestStops(ports, stops, world),
    orderedStops: new OrderedStops(world),
    starts: new GuestStarts(ports, starts, world),
    lives: new GuestLives(world),
    leavings: new GuestLeavings(ports, world),
    histories: new Map(),
    unsavedHistories: new Set<string>(),
    goingDown: new Forecast(world),
  };
}
