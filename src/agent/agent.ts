import { askedFacts } from '../devices/asked.ts';
import { assign } from '../devices/assign.ts';
import type { Config, Problem } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { AgentControl } from '../ports/agent.ts';
import type { HostEvent } from '../ports/host.ts';
import { createHistory } from '../report/history.ts';
import { agentControl } from './control.ts';
import { createCounters } from './counters.ts';
import { dispatch, type Takers } from './dispatch.ts';
import { createEnumerator } from './enumerate.ts';
import { executorRestarts, reopenSockets } from './executor-ended.ts';
import { findGuests } from './guests.ts';
import { pass } from './pass.ts';
import { permissions } from './permissions.ts';
import { createQueue } from './queue.ts';
import { refusedUevents } from './refused-uevents.ts';
import { putInForce, reload } from './reload.ts';
import { createReporter, type Log } from './reporter.ts';
import { startHook } from './start-hook.ts';
import { createUdevDebt } from './udev-debt.ts';
import { ueventIntake } from './uevents.ts';
import { watchConfiguration } from './watch-config.ts';
import type { Ports, World } from './world.ts';

export interface AgentOptions {
  readonly config: Config;
  /** What is wrong with the configuration on disk, when the last good one is in force instead. */
  readonly problems: readonly Problem[];
  readonly log: Log;
  /** Opens the sockets that belong to an executor: hook and door. Answers why it cannot. */
  readonly openSockets: () => Promise<Refusal | undefined>;
  readonly restartExecutor: () => void;
  /** How often permissions are looked at that somebody may have changed without any event. Absent: never. */
  readonly doubtEveryMs?: number;
}

export interface Agent {
  readonly control: AgentControl;
  handle(event: HostEvent): void;
  /** Resolves after the first whole pass, or at once with why nobody could reach the agent. */
  start(): Promise<Refusal | undefined>;
}

/** The path of an event begins here. */
export function createAgent(ports: Ports, options: AgentOptions): Agent {
  const world = createWorld(ports, options, () => enumerator.ask('udevd is silent'));
  const hook = startHook(world);
  world.passed = hook.passed;
  const intake = ueventIntake(world);
  const enumerator = createEnumerator(world, intake.clear);
  // Start-up and a new executor take the same path.
  const begin = async () => {
    world.udev = ports.devices.udevRuns() ? 'running' : 'absent';
    for (const record of world.records.values()) record.opened = undefined;
    // What the guests should have is known before the first pass: an empty wish would take everything from them.
    await putInForce(world, world.config);
    await findGuests(world);
    void ports.host.watchSystemd();
  };
  const beginAgain = () => {
    options.restartExecutor();
    void begin().then(() => reopenSockets(world, options.openSockets));
  };
  const takers: Takers = {
    intake,
    enumerator,
    startHook: hook,
    permissions: permissions(world),
    refusedUevents: refusedUevents(world),
    executorEnded: executorRestarts(world, beginAgain),
  };

  return {
    control: agentControl(world),
    handle: (event) => dispatch(world, takers, event),
    async start() {
      await begin();
      const refusal = await options.openSockets();
      if (refusal !== undefined) return refusal;
      const passed = [...world.records.keys()].map((name) => world.queue.passed(name));
      await Promise.all(passed); // a guest that never rests holds nobody up
      world.ready = true;
      if (world.udev === 'absent') world.report.refusal({ code: 'W_UDEV_ABSENT', subject: 'udevd' });
      await watchConfiguration(world);
      // It may have changed before anybody watched; and only now can it be told that a rule is for a guest that is not here.
      void reload(world);
      if (options.doubtEveryMs !== undefined) takers.permissions.doubtEvery(options.doubtEveryMs);
      return undefined;
    },
  };
}

function createWorld(ports: Ports, { config, problems, log }: AgentOptions, udevIsSilent: () => void): World {
  const world: World = {
    ports,
    report: createReporter(createHistory(1000), ports.clock, log),
    counters: createCounters(),
    records: new Map(),
    queue: createQueue((name) => pass(world, name).finally(() => world.passed(name)), ports.clock),
    seen: undefined,
    questions: 0,
    config,
    settings: config.settings,
    problems,
    loadedAt: ports.clock.calendar(),
    unsaved: undefined,
    unheard: [],
    reloaded: Promise.resolve(),
    asked: askedFacts([]),
    inventory: new Map(),
    assignment: assign([], new Map()),
    flaps: new Map(),
    slots: new Map(),
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
  };
  return world;
}
