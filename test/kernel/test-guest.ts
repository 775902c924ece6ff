import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { eventually } from '../scenarios/eventually.ts';
import { DEVICES_ROOT } from './hierarchies.ts';
import { noteCgroup } from './noted.ts';
import { startTime } from './start-time.ts';

const FIXTURE = new URL('../../native/build/fixtures/guest', import.meta.url).pathname;
const CGROUPS = '/sys/fs/cgroup';

export const STANDARD = ['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2', '136:*'];

let made = 0;

export interface GuestWish {
  /** `OUTSIDE COUNT` of its id map; absent: no user namespace. */
  readonly users?: readonly [number, number];
  /** Its ids are mapped when it is told to, by `map`: between its clone and that it can do nothing. */
  readonly late?: boolean;
  /** With a network namespace of its own. */
  readonly net?: boolean;
  /** The process whose network namespace it is started in. */
  readonly netOf?: number;
  /** Closed to the standard set, v1 only. */
  readonly confined?: boolean;
  /** Levels below the guest's named cgroup that its init is in. */
  readonly below?: string;
  /** A folder of the host that is its /bin. */
  readonly programs?: string;
  /** Its cgroup is named as a unit of systemd's. */
  readonly unit?: 'scope' | 'service';
  /** Where its cgroup is made; absent: where this host decides on devices. */
  readonly hierarchy?: string;
  /** It has a cgroup of the same path in these too, as they are named below /sys/fs/cgroup. */
  readonly controllers?: readonly string[];
}

/** A guest made of namespaces only, whose init does what the test tells it. */
export class TestGuest {
  readonly name: string;
  readonly cgroup: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'hostler-guest-'));
  pid = 0;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private readonly levels: readonly string[];
  private readonly limited: readonly string[];

  static async start(wish: GuestWish = {}): Promise<TestGuest> {
    const guest = new TestGuest(wish);
    guest.pid = Number((await guest.line()).split(' ')[1]);
    if (!wish.late && (await guest.line()) !== 'entered') throw new Error('the guest did not start');
    for (const controller of wish.controllers ?? [])
      writeFileSync(guest.file(controller, 'cgroup.procs'), `${guest.pid}`);
    return guest;
  }

  private constructor(wish: GuestWish) {
    made += 1;
    this.name = `g${made}`;
    this.cgroup = `/hostler-test-${process.pid}-${made}${wish.unit ? `.${wish.unit}` : ''}`;
    noteCgroup(this.cgroup.slice(1));
    this.levels = makeCgroups(`${wish.hierarchy ?? DEVICES_ROOT}${this.cgroup}`, wish);
    this.limited = (wish.controllers ?? []).map((controller) => `${CGROUPS}/${controller}${this.cgroup}`);
    for (const folder of this.limited) mkdirSync(folder);
    chmodSync(this.folder, 0o755);
    const words = [
      this.folder,
      this.levels.at(-1) ?? '',
      ...(wish.users ?? []).map(String),
      ...(wish.net ? ['net'] : []),
      ...(wish.late ? ['late'] : []),
    ];
    const env = { ...process.env, ...(wish.programs !== undefined && { HOSTLER_TEST_PROGRAMS: wish.programs }) };
    const within = wish.netOf === undefined ? [] : ['nsenter', '-t', `${wish.netOf}`, '-n'];
    const [program = '', ...rest] = [...within, FIXTURE, ...words];
    this.child = spawn(program, rest, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    if (!this.child.stdout) throw new Error('no output of the guest');
    this.reader = createInterface({ input: this.child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** `guest-open` of this guest. */
  get opening(): string {
    return `guest-open ${this.name} ${this.pid} ${this.cgroup}`;
  }

  /** The first words of a verb about its limits. */
  get named(): string {
    return `${this.pid} ${startTime(this.pid)} ${this.cgroup}`;
  }

  /** A file of its cgroup in one of its `controllers`. */
  file(controller: string, name: string): string {
    return `${CGROUPS}/${controller}${this.cgroup}/${name}`;
  }

  /** What `late` waits for. */
  async map(): Promise<void> {
    if ((await this.does('map')) !== 'entered') throw new Error('the guest did not start');
  }

  /** One command of the fixture: `ok ...` or `errno N`. */
  async does(command: string): Promise<string> {
    this.child.stdin?.write(`${command}\n`);
    return this.line();
  }

  end(): void {
    this.child.stdin?.end();
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      killIfThere(this.pid);
      this.end(); // one that is late waits for it
      await ended;
    }
    this.reader.close();
    await eventually(() => {
      for (const level of [...this.limited, ...this.levels].reverse()) if (existsSync(level)) rmdirSync(level);
    });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async line(): Promise<string> {
    const next = await this.lines.next();
    if (next.done) throw new Error('the guest has ended');
    return next.value;
  }
}

// Its init may have ended a moment ago, and the process that waits for it not yet.
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function makeCgroups(named: string, wish: GuestWish): readonly string[] {
  const levels = wish.below ? [named, `${named}/${wish.below}`] : [named];
  for (const level of levels) {
    mkdirSync(level);
    if (wish.confined) confine(level);
  }
  return levels;
}

function confine(level: string): void {
  writeFileSync(`${level}/devices.deny`, 'a');
  for (const number of STANDARD) writeFileSync(`${level}/devices.allow`, `c ${number} rwm`);
}
