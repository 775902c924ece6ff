import { type Agent, type AgentOptions, createAgent } from '../../src/agent/agent.ts';
import type { Config } from '../../src/model/config.ts';
import type { Refusal } from '../../src/model/failure.ts';
import type { JournalEntry } from '../../src/ports/host.ts';
import { atRest } from './clock.ts';
import { type FakeConfiguration, fakeConfiguration } from './configuration.ts';
import { fakeDevices } from './devices.ts';
import { fakeExecutor } from './executor.ts';
import { fakeFinder } from './guests.ts';
import { type FakeHost, fakeHost } from './host.ts';
import { Machine } from './machine.ts';
import { memoryStore } from './store.ts';

/** The real agent on a machine in memory. */
export interface Stage {
  readonly machine: Machine;
  readonly agent: Agent;
  readonly configuration: FakeConfiguration;
  readonly host: FakeHost;
  readonly log: readonly JournalEntry[];
  /** What `openSockets` answers from now on. */
  socketTrouble: Refusal | undefined;
}

export type StagePorts = ReturnType<typeof portsOf>;

export function portsOf(machine: Machine, config: Config, store = memoryStore()) {
  const configuration = fakeConfiguration(config);
  return {
    executor: fakeExecutor(machine),
    host: fakeHost(machine),
    devices: fakeDevices(machine),
    guests: fakeFinder(machine),
    store,
    clock: machine.clock,
    configuration,
  };
}

/** An agent that was not started yet. */
export function stage(
  machine: Machine,
  config: Config,
  ports = portsOf(machine, config),
  options: Pick<AgentOptions, 'doubtEveryMs'> = {},
): Stage {
  const log: JournalEntry[] = [];
  const made: Stage = {
    machine,
    configuration: ports.configuration,
    host: ports.host,
    log,
    socketTrouble: undefined,
    agent: createAgent(ports, {
      config,
      problems: [],
      log: (entry) => log.push(entry),
      openSockets: async () => made.socketTrouble,
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
