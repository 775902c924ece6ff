import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { notifyText } from 'systemd-journal';
import { type Agent, createAgent } from './agent/agent.ts';
import type { Log } from './agent/reporter.ts';
import { watch } from './agent/watchdog.ts';
import { problemText } from './config/problem-text.ts';
import { createMetricsServer, type Readable } from './control/metrics-server.ts';
import { serveControl } from './control/server.ts';
import { askedFacts } from './devices/asked.ts';
import { everyRuntime } from './guests/every-runtime.ts';
import { withKnownInits } from './guests/known-inits.ts';
import { lastInits } from './guests/last-inits.ts';
import { lxcFinder, lxcNames, namelessLxc } from './guests/lxc.ts';
import { nspawnFinder, nspawnNames } from './guests/nspawn.ts';
import { withUnitChanges } from './guests/unit-changes.ts';
import { unreadFolder } from './guests/unread-folder.ts';
import { executorBelongings } from './linux/belongings.ts';
import { hostCapacity } from './linux/capacity.ts';
import { guestCgroups } from './linux/cgroups.ts';
import type { Channel } from './linux/channel.ts';
import { claimGuests } from './linux/claim-guests.ts';
import { systemClock } from './linux/clock.ts';
import { configurationFolder } from './linux/configuration.ts';
import { devicesHierarchy, hostControllers, isUnified } from './linux/controllers.ts';
import { sysfsDevices } from './linux/devices.ts';
import { guestExecutor } from './linux/executor.ts';
import { executorProcess } from './linux/executor-process.ts';
import { executorHost } from './linux/host.ts';
import { executorLife } from './linux/life.ts';
import { journalLog } from './linux/log.ts';
import { executorProgram, executorSocket, hookProgram } from './linux/programs.ts';
import { claimRunFolder } from './linux/run-folder.ts';
import { systemdLimits } from './linux/shutdown-limits.ts';
import { openSinks } from './linux/sinks/open.ts';
import { openSockets, removeSockets, socketPaths } from './linux/sockets.ts';
import { fileStore } from './linux/store.ts';
import { processUsage } from './linux/usage.ts';
import { watchdogPatienceMs } from './linux/watchdog-patience.ts';
import type { HostCapacity } from './model/capacity.ts';
import { type Problem, USUAL_LXC_PATH } from './model/config.ts';
import { failures, failureText, type Refusal } from './model/failure.ts';
import type { FailureKind } from './model/failure-kind.ts';
import type { Inventory } from './model/inventory.ts';
import type { Rule } from './model/rule.ts';
import type { AgentControl, StatusView } from './ports/agent.ts';
import type { Loaded } from './ports/configuration.ts';
import type { GuestFinder } from './ports/guests.ts';
import type { Host, HostEvent } from './ports/host.ts';
import type { Store } from './ports/store.ts';

/** Where this installation's C programs are. */
export const programs = { executor: executorProgram(), hook: hookProgram() } as const;

/** On v2 nothing tells that a program was attached or taken off. */
const DOUBT_EVERY_MS = 60_000;

/** Wherever a distribution or an operator put them. */
const lxcProgram = (name: string) => ['/usr/bin', '/usr/local/bin'].map((folder) => `${folder}/${name}`);
const lxcTools = ['lxc-cgroup', 'lxc-device'].flatMap(lxcProgram);
const lxcStops = lxcProgram('lxc-stop');
const toldFolders = ['/etc/systemd/system.control', '/run/systemd/system.control', '/run/systemd/transient'];
const nspawnFolders = { run: '/run/systemd', settings: '/etc/systemd/nspawn', images: '/var/lib/machines' } as const;

/** The same for every agent. */
const ofTheHost = { devices: sysfsDevices, openSinks, clock: systemClock, shutdownLimits: systemdLimits() } as const;

export interface AgentFolders {
  /** The configuration, /etc/hostler. */
  readonly config: string;
  /** Sockets and ledgers, /run/hostler. */
  readonly run: string;
  /** What survives a restart of the host, /var/lib/hostler. */
  readonly state: string;
}

export interface StartOptions extends AgentFolders {
  /** The configuration, where somebody has begun to read it. */
  readonly loading?: Promise<Loaded>;
  /** Instead of the journal and standard error. */
  readonly log?: Log;
}

export interface RunningAgent {
  readonly control: AgentControl;
  close(): Promise<void>;
}

export type NotStarted =
  | { readonly ok: false; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly refusal: Refusal };
export type Started = { readonly ok: true; readonly agent: RunningAgent } | NotStarted;

/** Joins the ports with the kernel and runs the agent; resolves after its first whole pass, or with what keeps it from starting. */
export async function startAgent({ log, loading, ...folders }: StartOptions): Promise<Started> {
  const unusable = await claimRunFolder(folders.run);
  if (unusable !== undefined) return { ok: false, refusal: unusable };
  const configuration = configurationFolder(folders.config);
  const store = fileStore(folders.run, folders.state);
  const loaded = await (loading ?? configuration.load());
  const problems = loaded.ok ? [] : loaded.problems;
  const config = loaded.ok ? loaded.config : store.lastGoodConfig();
  if (config === undefined) return { ok: false, problems };

  let agent: Agent | undefined;
  const onEvent = (event: HostEvent) => agent?.handle(event);
  const executor = executorProcess({ ...executorPlace(), runFolder: folders.run, onEvent });
  const claim = () => claimGuests(executor, config.settings.lxcPath);
  const [host, hierarchy] = [executorHost(executor), devicesHierarchy()];
  const ports = {
    ...guestVerbs(executor),
    host,
    guests: guestFinder(host, config.settings.lxcPath, hierarchy, store),
    metricsServer: createMetricsServer(readableOf(() => agent)),
    ...cgroupReaders(executor, hierarchy),
    store,
    configuration,
    ...ofTheHost,
  };
  agent = createAgent(ports, {
    config,
    problems,
    log: log ?? journalLog(host),
    hostName: hostname(),
    openSockets: () => openSockets(executor, folders.run),
    restartExecutor: executor.restart,
    claimAgain: claim,
    ...(isUnified(hierarchy) && { doubtEveryMs: DOUBT_EVERY_MS }),
  });
  const claimed = await claim();
  if (claimed !== undefined) return executor.close().then(() => ({ ok: false, refusal: claimed }));
  const { control } = agent;
  const server = await serveControl(control, join(folders.run, socketPaths.agent));
  const close = async () => {
    agent?.end();
    await Promise.all([configuration.close(), server.close(), ports.metricsServer.close()]);
    await executor.close();
    removeSockets(folders.run);
  };
  const refusal = await agent.start();
  if (refusal !== undefined) return close().then(() => ({ ok: false, refusal }));
  await tellManager(host, agent);
  return { ok: true, agent: { control, close } };
}

function executorPlace() {
  return { program: programs.executor, socket: executorSocket() };
}

/** Tells the manager of services that the agent is ready, and then that it gets on. */
async function tellManager(host: Host, { control, goesOn }: Agent): Promise<void> {
  const tell = (word: string) => host.notify(notifyText({ [word]: '1', STATUS: statusText(control.status()) }));
  await tell('READY');
  const patienceMs = watchdogPatienceMs();
  if (patienceMs !== undefined) watch({ patienceMs, goesOn, tell: () => tell('WATCHDOG') }, systemClock);
}

function readableOf(agent: () => Agent | undefined): Readable {
  return {
    metrics: async () => agent()?.control.metrics() ?? '',
    page: async () => agent()?.control.page() ?? '',
  };
}

function guestVerbs(executor: Channel) {
  return {
    executor: guestExecutor(executor),
    life: executorLife(executor),
    belongings: executorBelongings(executor),
  };
}

function cgroupReaders(executor: Channel, named: string) {
  const controllers = hostControllers();
  return {
    cgroups: guestCgroups(executor, controllers, named),
    usage: processUsage(controllers, named),
  };
}

function guestFinder(asked: Host, lxcPath: string, hierarchy: string, store: Store): GuestFinder {
  const host = withKnownInits(asked, () => lastInits(store, guestNames(lxcPath), systemClock.bootId));
  const runtimes = [
    lxcFinder({ host, lxcPath, hierarchy, tools: lxcTools, stops: lxcStops }),
    nspawnFinder({ host, hierarchy, ...nspawnFolders }),
  ];
  return withUnitChanges(everyRuntime(runtimes), { host, told: toldFolders });
}

function guestNames(lxcPath: string): readonly string[] {
  return [...new Set([...lxcNames(lxcPath), ...nspawnNames(nspawnFolders)])];
}

/** The devices of this host that rules may match, read as the agent reads them. Needs no privilege. */
export function hostDevices(rules: readonly Rule[]): Inventory {
  return new Map(sysfsDevices.enumerate(askedFacts(rules)).map((device) => [device.devpath, device]));
}

/** This host without an agent, for commands. Needs no privilege but to read the folders of guests. */
export function hostFacts(lxcPath: string): HostFacts {
  const isHidden = [lxcPath, nspawnFolders.settings, nspawnFolders.images].some(mayNotBeRead);
  const names = guestNames(lxcPath);
  const [unread] = unreadFolder(lxcPath, USUAL_LXC_PATH);
  return {
    capacity: hostCapacity(),
    nameless: namelessLxc(lxcPath),
    ...(!isHidden && names.length > 0 && { guests: names }),
    ...(unread !== undefined && { unread }),
  };
}

export interface HostFacts {
  readonly capacity: HostCapacity;
  /** Names of those that are there, running or not; absent: nobody who asks may know, or there are none. */
  readonly guests?: readonly string[];
  /** Why nobody knows the guests of LXC. */
  readonly unread?: Refusal;
  /** Those of which nobody can say the name. */
  readonly nameless: readonly Refusal[];
}

function mayNotBeRead(folder: string): boolean {
  try {
    readdirSync(folder);
    return false;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

function statusText({ guests, nodes, rules }: StatusView): string {
  return `${guests.running} guests run, ${nodes} nodes by ${rules} rules`;
}

/** The agent as a service: runs until SIGTERM or SIGINT, reads its configuration again at SIGHUP. Answers the exit code. */
export async function runAgent(options: StartOptions): Promise<FailureKind['exit'] | 0> {
  const started = await startAgent(options);
  if (!started.ok) {
    for (const line of whyNot(started)) process.stderr.write(`${line}\n`);
    return 'refusal' in started ? failures[started.refusal.code].exit : failures.E_CONFIG.exit;
  }
  flushCompileCache(); // an agent that is killed leaves its successor a quick start all the same
  const { control, close } = started.agent;
  process.on('SIGHUP', () => void control.reload({ uid: 0, pid: process.pid }));
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await close();
  return 0;
}

/** What keeps an agent from starting, one line each. */
export function whyNot(started: NotStarted): readonly string[] {
  return 'refusal' in started ? [failureText(started.refusal)] : started.problems.map(problemText);
}
