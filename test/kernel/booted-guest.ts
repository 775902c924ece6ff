import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../scenarios/eventually.ts';
import type { ExecutorClient } from './executor-client.ts';
import { hasV1Devices, V2_ROOT } from './hierarchies.ts';
import { noteCgroup } from './noted.ts';
import { COMMON_FILES, packagesOf, type RealInit } from './real-inits.ts';
import { startTime } from './start-time.ts';

const BOOT = join(import.meta.dirname, '../../native/build/fixtures/boot');
const ROOTS = [V2_ROOT, ...(hasV1Devices ? ['/sys/fs/cgroup/devices', '/sys/fs/cgroup/freezer'] : [])];

let made = 0;

/** A small guest with a real init, in namespaces and cgroups of its own. Its parent is ours, and is told how it ends. */
export class BootedGuest {
  readonly cgroup: string;
  pid = 0;
  private named_ = '';
  private ending: Promise<string> | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'hostler-init-'));
  private readonly levels: readonly string[];
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  /** When its init is there; it may not have begun yet. */
  static async start(init: RealInit): Promise<BootedGuest> {
    const guest = new BootedGuest(init);
    guest.pid = Number((await guest.line()).split(' ')[1]);
    guest.named_ = `${guest.pid} ${startTime(guest.pid)} ${guest.cgroup}`;
    return guest;
  }

  private constructor(init: RealInit) {
    made += 1;
    this.cgroup = `/hostler-test-init-${process.pid}-${made}`;
    noteCgroup(this.cgroup.slice(1));
    this.levels = ROOTS.map((root) => `${root}${this.cgroup}`);
    for (const level of this.levels) mkdirSync(level);
    mkdirSync(join(this.folder, 'root'));
    lay(join(this.folder, 'layer'), { ...COMMON_FILES, ...init.files });
    const lower = [join(this.folder, 'layer'), ...packagesOf(init).folders].join(':');
    const words = [lower, join(this.folder, 'root'), this.log, this.levels.join(':'), ...init.program];
    this.child = spawn(BOOT, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (!this.child.stdout) throw new Error('no output of the guest');
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The first words of a verb about it. */
  get named(): string {
    return this.named_;
  }

  /** What its console was told. */
  get said(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** The folders of its cgroup, v2's first. */
  get cgroups(): readonly string[] {
    return this.levels;
  }

  /** How it ended, as its parent is told: `exit CODE` or `signal NUMBER`; undefined: it did not, in so long. */
  async endWithin(ms: number): Promise<string | undefined> {
    this.ending ??= this.line();
    return Promise.race([this.ending, pause(ms, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    await eventually(() => {
      for (const level of this.levels) removeCgroups(level);
    });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get log(): string {
    return join(this.folder, 'console');
  }

  private async line(): Promise<string> {
    const next = await this.lines.next();
    if (next.done) throw new Error(`the guest was not made: ${this.said}`);
    return next.value;
  }
}

/** What `init-state` says, the masks as sets of signals. */
export interface InitState {
  readonly exe: string;
  readonly comm: string;
  readonly blocked: ReadonlySet<number>;
  readonly ignored: ReadonlySet<number>;
  readonly caught: ReadonlySet<number>;
  readonly waited: ReadonlySet<number> | undefined;
  readonly initctl: string;
  readonly cgroupId: string;
}

export async function initState(executor: ExecutorClient, named: string): Promise<InitState> {
  const answer = await executor.tell(`init-state ${named}`);
  const [ok, exe = '', comm = '', blocked = '', ignored = '', caught = '', waited = '', initctl = '', cgroupId = ''] =
    answer.split(' ');
  if (ok !== 'ok') throw new Error(answer);
  return {
    exe: exe === '%' ? '' : decodeURIComponent(exe),
    comm: decodeURIComponent(comm),
    blocked: signals(blocked),
    ignored: signals(ignored),
    caught: signals(caught),
    waited: waited === '-' ? undefined : signals(waited),
    initctl,
    cgroupId,
  };
}

/** Until it hears its halt: one that comes before is lost. */
export async function armed(executor: ExecutorClient, guest: BootedGuest, init: RealInit): Promise<InitState> {
  return eventually(async () => {
    const state = await initState(executor, guest.named);
    if (!hears(state, init)) throw new Error(`${init.name} is not armed: ${guest.said}`);
    return state;
  });
}

/** Halts it in its own way, and once more in each second as long as it may forget that. Says how it ended. */
export async function halted(executor: ExecutorClient, guest: BootedGuest, init: RealInit): Promise<string> {
  return eventually(async () => {
    const answer = await executor.tell(`halt ${guest.named} ${init.halt}`);
    const end = await guest.endWithin(init.forgets ? 1_000 : 20_000);
    if (end === undefined) throw new Error(`${init.name} was told ${answer}, and goes on: ${guest.said}`);
    return end;
  });
}

function hears({ exe, initctl, ...masks }: InitState, { armed, shows }: RealInit): boolean {
  if (exe === '') return false;
  if (armed === 'initctl' || shows === 'initctl') return initctl === 'fifo';
  return masks[shows]?.has(armed) ?? false;
}

function signals(mask: string): ReadonlySet<number> {
  const bits = BigInt(`0x${mask}`);
  return new Set(Array.from({ length: 64 }, (_, bit) => bit + 1).filter((signal) => (bits >> BigInt(signal - 1)) & 1n));
}

function lay(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), full);
    else writeFileSync(full, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
}

// Only folders can be removed there, those of what the guest made before it.
function removeCgroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeCgroups(join(folder, entry.name));
  rmdirSync(folder);
}
