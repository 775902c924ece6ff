import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitRow } from '../../src/model/limit.ts';
import type {
  DeviceView,
  EventView,
  GuestView,
  ListedView,
  StatusView,
  StopView,
  WhyView,
} from '../../src/ports/agent.ts';
import type { LimitsView } from '../../src/ports/limits-view.ts';
import { ask, askText } from './ask.ts';
import { eventually } from './eventually.ts';

const COMMAND = join(import.meta.dirname, '../../bin/hostler');

/** The real agent as a process of its own, on folders of its own. */
export interface TestAgent {
  readonly folder: string;
  readonly lxcPath: string;
  readonly hookSocket: string;
  readonly controlSocket: string;
  /** Sockets and ledgers. */
  readonly runFolder: string;
  /** What survives the host. */
  readonly stateFolder: string;
  /** What the command is called with to be this agent. */
  readonly words: readonly string[];
  /** Writes rules/test.yaml. */
  rules(yaml: string): void;
  /** Writes policies/NAME.yaml. */
  policy(name: string, yaml: string): void;
  /** Writes guests/NAME.yaml. */
  guestFile(name: string, yaml: string): void;
  /** Resolves when it answers and has made its first whole pass. `command`: another one than this checkout's. */
  start(command?: string): Promise<void>;
  pid(): number;
  /** Ends with this signal; resolves with the exit code when it has ended, null: the signal's doing. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  status(): Promise<StatusView>;
  guest(name: string): Promise<GuestView>;
  devices(): Promise<readonly DeviceView[]>;
  /** The host, then its guests. */
  list(): Promise<readonly ListedView[]>;
  /** The rows of `hostler limits` of one guest, by resource. */
  limits(guest: string): Promise<ReadonlyMap<LimitRow['resource'], LimitRow>>;
  why(device: string): Promise<WhyView>;
  events(): Promise<readonly EventView[]>;
  /** Begins to stop a guest that has so many seconds for it. */
  stop(guest: string, seconds: number): Promise<StopView>;
  /** What it wrote to standard error since it was made. */
  log(): string;
  /** Ends it and removes its folders. */
  destroy(): Promise<void>;
}

/** `settings`: YAML of hostler.yaml, beside where its guests are. `environment`: what it has besides ours. */
export function createTestAgent(settings = '', environment: NodeJS.ProcessEnv = {}): TestAgent {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-scenario-'));
  const [config = '', state = '', lxcPath = ''] = ['etc', 'lib', 'lxc'].map((name) => join(folder, name));
  const run = mkdtempSync('/run/hostler-'); // in memory, as on a host
  chmodSync(folder, 0o755); // an unprivileged guest's root has to reach its file system
  mkdirSync(join(config, 'rules'), { recursive: true });
  mkdirSync(lxcPath);
  writeFileSync(join(config, 'hostler.yaml'), `lxcPath: ${lxcPath}\n${withMetrics(settings)}`);
  const controlSocket = join(run, 'control.sock');
  const words = ['agent', '--config', config, '--run', run, '--state', state];
  let child: ChildProcess | undefined;
  let log = '';

  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = undefined;
    if (running === undefined || hasEnded(running)) return Promise.resolve(null);
    return new Promise((resolve) => {
      running.once('exit', resolve);
      running.kill(signal);
    });
  };
  return {
    folder,
    lxcPath,
    controlSocket,
    runFolder: run,
    stateFolder: state,
    words,
    hookSocket: join(run, 'hook.sock'),
    rules: (yaml) => writeFileSync(join(config, 'rules/test.yaml'), yaml),
    policy(name, yaml) {
      mkdirSync(join(config, 'policies'), { recursive: true });
      writeFileSync(join(config, `policies/${name}.yaml`), `policy: ${name}\n${yaml}`);
    },
    guestFile(name, yaml) {
      mkdirSync(join(config, 'guests'), { recursive: true });
      writeFileSync(join(config, `guests/${name}.yaml`), `guest: ${name}\n${yaml}`);
    },
    async start(command = COMMAND) {
      child = spawn(command, words, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...environment },
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      const started = child;
      const { pid } = started;
      await eventually(async () => {
        if (hasEnded(started)) return;
        const status = await ask<StatusView>(controlSocket, '/v1/status');
        if (status.pid !== pid || !status.ready) throw new Error('not ready');
      }).catch((cause) => {
        throw new Error(`the agent did not start: ${log}`, { cause });
      });
      if (hasEnded(started)) throw new Error(`the agent ended: ${log}`);
    },
    pid: () => child?.pid ?? 0,
    end,
    status: () => ask(controlSocket, '/v1/status'),
    guest: (name) => ask(controlSocket, `/v1/guests/${name}`),
    why: (device) => ask(controlSocket, `/v1/why?device=${encodeURIComponent(device)}`),
    devices: () => ask(controlSocket, '/v1/devices'),
    list: () => ask(controlSocket, '/v1/list'),
    async limits(guest) {
      const [view] = await ask<readonly LimitsView[]>(controlSocket, `/v1/limits?guest=${guest}`);
      return new Map(view?.rows.map((row) => [row.resource, row]));
    },
    events: async () =>
      (await askText(controlSocket, '/v1/events'))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    stop: (guest, seconds) => ask(controlSocket, `/v1/stop?guest=${guest}&timeout=${seconds}`, 'POST'),
    log: () => log,
    async destroy() {
      await end('SIGTERM');
      // What its executor had begun may have a moment left.
      await eventually(() => {
        unmountNodes(run);
        for (const made of [folder, run]) rmSync(made, { recursive: true, force: true });
      });
    },
  };
}

// The port is one for the whole host, and agents of several tests may run at once.
function withMetrics(settings: string): string {
  return settings.includes('metrics:') ? settings : `metrics: off\n${settings}`;
}

// Of a guest that ended in the moment in which its agent did, what was mounted for it stays for the next agent.
function unmountNodes(run: string): void {
  const nodes = join(run, 'nodes');
  for (const guest of existsSync(nodes) ? readdirSync(nodes) : [])
    spawnSync('umount', ['--lazy', join(nodes, guest)], { stdio: 'ignore' });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
