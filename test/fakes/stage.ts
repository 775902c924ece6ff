import { type Agent, type AgentOptions, createAgent } from '../../src/agent/agent.ts';
import type { SinkSettings } from '../../src/model/alert.ts';
import type { Config } from '../../src/model/config.ts';
import type { Refusal } from '../../src/model/failure.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { JournalEntry } from '../../src/ports/host.ts';
import { fakeSink } from './alert-sink.ts';
import { fakeBelongings } from './belongings.ts';
import { fakeCgroups } from './cgroups.ts';
import { atRest } from './clock.ts';
import { type FakeConfiguration, fakeConfiguration } from './configuration.ts';
import { fakeDevices } from './devices.ts';
import { fakeExecutor } from './executor.ts';
import { fakeFinder } from './guests.ts';
import { type FakeHost, fakeHost } from './host.ts';
import { fakeLife } from './life.ts';
import { Machine } from './machine.ts';
import { type FakeMetricsServer, fakeMetricsServer } from './metrics-server.ts';
import { memoryStore } from './store.ts';
import { fakeUsage } from './usage.ts';

/** The real agent on a machine in memory. */
export interface Stage {
  readonly metricsServer: FakeMetricsServer;
  readonly machine: Machine;
  readonly agent: Agent;
  readonly configuration: FakeConfiguration;
  readonly host: FakeHost;
  readonly log: readonly JournalEntry[];
  /** What `openSockets` answers from now on. */
  socketTrouble: Refusal | undefined;
  /** How often guests were claimed for an executor that was started again. */
  claims: number;
}

export type StagePorts = Omit<ReturnType<typeof portsOf>, 'clock'> & { readonly clock: Clock };

export function portsOf(machine: Machine, config: Config, store = memoryStore()) {
  const configuration = fakeConfiguration(config);
  return {
    executor: fakeExecutor(machine),
    host: fakeHost(machine),
    devices: fakeDevices(machine),
    guests: fakeFinder(machine),
    cgroups: fakeCgroups(machine),
    life: fakeLife(machine),
    belongings: fakeBelongings(machine),
    usage: fakeUsage(machine),
    openSinks: (sinks: readonly SinkSettings[]) => sinks.map(({ kind }) => fakeSink(kind)),
    metricsServer: fakeMetricsServer(),
    shutdownLimits: { read: async () => machine.shutdownLimits },
    store,
    clock: machine.clock,
    configuration,
  };
}

/** An agent that was not started yet. */
export function stage(
  machine: Machine,
  config: Config,
  ports: StagePorts = portsOf(machine, config),
  options: Pick<AgentOptions, 'doubtEveryMs'> = {},
): Stage {
  const log: JournalEntry[] = [];
  const made: Stage = {
    machine,
    metricsServer: ports.metricsServer,
    configuration: ports.configuration,
    host: ports.host,
    log,
    socketTrouble: undefined,
    claims: 0,
    agent: createAgent(ports, {
      config,
      problems: [],
      log: (entry) => log.push(entry),
      hostName: 'host1',
      openSockets: async () => made.socketTrouble,
      async claimAgain() {
        made.claims += 1;
        return undefined;
      },
      restartExecutor: () => machine.startExecutor(),
      ...options,
    }),
  };
  machine.listener = made.agent.handle;
  return made;
}

/** A started agent whose first pass is over. */
export async function startedStage(config: Config, machine = new Machine()): Promise<Stage> {
  const made = stage(machine, config);
  await made.agent.start();
  await atRest();
  return made;
}
