import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { notifyText } from 'systemd-journal';
import { type Agent, createAgent } from './agent/agent.ts';
import type { Log } from './agent/reporter.ts';
import { problemText } from './config/problem-text.ts';
import { serveControl } from './control/server.ts';
import { askedFacts } from './devices/asked.ts';
import { everyRuntime } from './guests/every-runtime.ts';
import { lxcFinder } from './guests/lxc.ts';
import { nspawnFinder } from './guests/nspawn.ts';
import { withUnitChanges } from './guests/unit-changes.ts';
import { systemClock } from './linux/clock.ts';
import { configurationFolder } from './linux/configuration.ts';
import { devicesHierarchy, isUnified } from './linux/controllers.ts';
import { sysfsDevices } from './linux/devices.ts';
import { guestExecutor } from './linux/executor.ts';
import { executorProcess } from './linux/executor-process.ts';
import { executorHost } from './linux/host.ts';
import { journalLog } from './linux/log.ts';
import { executorProgram, hookProgram } from './linux/programs.ts';
import { claimRunFolder } from './linux/run-folder.ts';
import { openSockets, removeSockets, socketPaths } from './linux/sockets.ts';
import { fileStore } from './linux/store.ts';
import type { Problem } from './model/config.ts';
import { failures, failureText, type Refusal } from './model/failure.ts';
import type { FailureKind } from './model/failure-kind.ts';
import type { Inventory } from './model/inventory.ts';
import type { Rule } from './model/rule.ts';
import type { AgentControl, StatusView } from './ports/agent.ts';
import type { GuestFinder } from './ports/guests.ts';
import type { Host, HostEvent } from './ports/host.ts';

/** Where this installation's C programs are. */
export const programs = { executor: executorProgram(), hook: hookProgram() } as const;

/** On v2 nothing tells that a program was attached or taken off. */
const DOUBT_EVERY_MS = 60_000;

/** Wherever a distribution or an operator put them. */
const lxcTools = ['/usr/bin', '/usr/local/bin'].flatMap((folder) => [`${folder}/lxc-cgroup`, `${folder}/lxc-device`]);
const toldFolders = ['/etc/systemd/system.control', '/run/systemd/system.control', '/run/systemd/transient'];
const nspawnFolders = { run: '/run/systemd', settings: '/etc/systemd/nspawn', images: '/var/lib/machines' } as const;

export interface AgentFolders {
  /** The configuration, /etc/hostler. */
  readonly config: string;
  /** Sockets and ledgers, /run/hostler. */
  readonly run: string;
  /** What survives a restart of the host, /var/lib/hostler. */
  readonly state: string;
}

export interface StartOptions extends AgentFolders {
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
export async function startAgent({ log, ...folders }: StartOptions): Promise<Started> {
  const claim = await claimRunFolder(folders.run);
  if (claim !== undefined) return { ok: false, refusal: claim };
  const configuration = configurationFolder(folders.config);
  const store = fileStore(folders.run, folders.state);
  const loaded = await configuration.load();
  const problems = loaded.ok ? [] : loaded.problems;
  const config = loaded.ok ? loaded.config : store.lastGoodConfig();
  if (config === undefined) return { ok: false, problems };

  let agent: Agent | undefined;
  const onEvent = (event: HostEvent) => agent?.handle(event);
  const executor = executorProcess({ program: programs.executor, runFolder: folders.run, onEvent });
  const host = executorHost(executor);
  const ports = {
    executor: guestExecutor(executor),
    host,
    devices: sysfsDevices,
    guests: guestFinder(host, config.settings.lxcPath),
    store,
    clock: systemClock,
    configuration,
  };
  agent = createAgent(ports, {
    config,
    problems,
    log: log ?? journalLog(host),
    openSockets: () => openSockets(executor, folders.run),
    restartExecutor: executor.restart,
    ...(isUnified(devicesHierarchy()) && { doubtEveryMs: DOUBT_EVERY_MS }),
  });
  const { control } = agent;
  const server = await serveControl(control, join(folders.run, socketPaths.agent));
  const close = async () => {
    await Promise.all([configuration.close(), server.close()]);
    await executor.close();
    removeSockets(folders.run);
  };
  const refusal = await agent.start();
  if (refusal !== undefined) {
    await close();
    return { ok: false, refusal };
  }
  await host.notify(notifyText({ READY: '1', STATUS: readyText(control.status()) }));
  return { ok: true, agent: { control, close } };
}

function guestFinder(host: Host, lxcPath: string): GuestFinder {
  const hierarchy = devicesHierarchy();
  const runtimes = [
    lxcFinder({ host, lxcPath, hierarchy, tools: lxcTools }),
    nspawnFinder({ host, hierarchy, ...nspawnFolders }),
  ];
  return withUnitChanges(everyRuntime(runtimes), { host, told: toldFolders });
}

/** The devices of this host that rules may match, read as the agent reads them. Needs no privilege. */
export function hostDevices(rules: readonly Rule[]): Inventory {
  return new Map(sysfsDevices.enumerate(askedFacts(rules)).map((device) => [device.devpath, device]));
}

function readyText({ guests, nodes, rules }: StatusView): string {
  return `${guests.running} guests run, ${nodes} nodes by ${rules} rules`;
}

/** The agent as a service: runs until SIGTERM or SIGINT, reads its configuration again at SIGHUP. Answers the exit code. */
export async function runAgent(folders: AgentFolders): Promise<FailureKind['exit'] | 0> {
  const started = await startAgent(folders);
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
