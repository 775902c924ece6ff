import { foldersAbove } from '../../src/devices/folders.ts';
import type { Action, Grant } from '../../src/model/action.ts';
import type { Belonging, LeftBelonging } from '../../src/model/belongings.ts';
import type { DataHeld, DataLimit } from '../../src/model/data-limit.ts';
import type { Device } from '../../src/model/device.ts';
import type { Refusal } from '../../src/model/failure.ts';
import type { DevicePolicy, GuestInstance, Runtime } from '../../src/model/guest.ts';
import type { HaltWay } from '../../src/model/halt.ts';
import type { HeldAmounts } from '../../src/model/held.ts';
import type { BelowCounters, HitCounters } from '../../src/model/hits.ts';
import type { InitFacts } from '../../src/model/init-facts.ts';
import type { LimitValues } from '../../src/model/limit.ts';
import { numberText } from '../../src/model/number.ts';
import type { ShutdownLimit } from '../../src/model/shutdown.ts';
import type { Uevent } from '../../src/model/uevent.ts';
import type { NamedDisk } from '../../src/ports/devices.ts';
import type { Failed } from '../../src/ports/executor.ts';
import type { HostEvent } from '../../src/ports/host.ts';
import type { Probe } from '../../src/ports/life.ts';
import { emptyWorld, tamper, type World } from '../devices/world.ts';
import { handClock } from './clock.ts';
import { Line } from './line.ts';
import { type Steps, soon } from './steps.ts';

/** One start of a guest. */
export interface Start {
  readonly instance: GuestInstance;
  world: World;
  /** Its control files. */
  limits: LimitValues;
  counters: HitCounters;
  /** Another object for each look at them. */
  killsBelow?: BelowCounters;
  held: HeldAmounts;
  /** RLIMIT_DATA of its init. */
  data?: DataLimit;
  dataHeld?: DataHeld;
  /** Absent: all that the host has. */
  processors?: readonly number[];
  cpu?: { usedUs: number; throttles: number };
  /** Bytes; absent: this kernel does not say. */
  memory?: { current: number; fixed: number; locked?: number; stall?: number; swapHeld?: number; swapFree: number };
  /** Share of time in which all of it waits for memory. */
  memoryStall?: number;
  isFrozen?: boolean;
  /** Absent: busybox's, which listens. */
  init?: InitFacts;
  /** Who sees to it, also when it reboots. */
  keeper?: string;
  /** Who is in its cgroup and not under its init: what each waits for. */
  others?: readonly string[];
  /** The kernel does not let it end. */
  isUnkillable?: boolean;
  /** `cgroup`: nothing runs in it yet. `init`: it has no root or no users of its own yet. */
  stage: 'cgroup' | 'init' | 'ready';
}

/** A host in memory: what is plugged, and which guests there are. The fakes of the ports are its faces. */
export class Machine {
  readonly clock = handClock();
  readonly steps: Steps;
  /** What sysfs shows. */
  devices: readonly Device[] = [];
  /** What the first open of a node would bring. */
  unloaded: readonly Device[] = [];
  /** By name; undefined: it is stopped. */
  readonly guests = new Map<string, Start | undefined>();
  /** Those whose names nobody can say. */
  nameless: readonly Refusal[] = [];
  /** By the init that has ended, what still has its cgroup. */
  readonly lingering = new Map<number, Start>();
  /** Of the guests whose runtime has not cleared away what it had made for them. */
  readonly monitors = new Set<string>();
  /** By the name of the guest, what it has of the host; what is left of it when it has ended is in `leavings`. */
  readonly belongings = new Map<string, readonly Belonging[]>();
  leavings: readonly LeftBelonging[] = [];
  /** By the init, as somebody saw it last. */
  readonly seen = new Map<number, Start>();
  /** As on v2 without nsdelegate. */
  guestsMayWrite = false;
  /** As on v1. */
  killsApart = false;
  /** Bytes of memory that nobody uses. */
  availableBytes = 1024 * 2 ** 20;
  /** Whether the kernel says how long guests wait for memory. */
  tellsMemoryStalls = true;
  /** Whether the kernel fills a quota up that is written again. */
  refills = true;
  /** What names of disks lead to. */
  readonly disks = new Map<string, NamedDisk>();
  /** Whether the kernel tells that a guest was held back. */
  tellsStalls = true;
  /** What the processors ever had nothing to do. */
  idleUs = 0;
  udevRuns = true;
  udevIsBusy = false;
  line: Line;
  /** What runs the guests. */
  runtime: Runtime = 'lxc';
  /** Processes of the runtime that see to a guest over its starts. */
  readonly keepers = new Set<string>();
  /** Those that a tool is stopping. */
  readonly beingStopped = new Set<string>();
  /** What the configuration of a guest lets it open, where it says anything of that. */
  configured: readonly Grant[] | undefined;
  /** What systemd keeps with a service, by its cgroup. */
  readonly units = new Map<string, World['grants']>();
  /** Told of everything that the executor says. */
  listener: (event: HostEvent) => void = () => {};
  /** Called before each action that is done. */
  onAction: (guest: string, action: Action) => void = () => {};
  /** What becomes of a stopped guest that is started. */
  onStart: (guest: string) => void = (guest) => {
    this.start(guest);
  };
  /** What is found of a guest that is asked whether it is ready. */
  isReached: (guest: string, probe: Probe) => boolean = () => true;
  /** What a guest does that is asked to halt. */
  /** What of the host does not wait for ever. */
  shutdownLimits: readonly ShutdownLimit[] = [];
  onHalt: (guest: string, way: HaltWay) => void = (guest) => this.stop(guest);
  /** What a program inside has written. */
  output = '';
  /** Until the guest says that it is ready. */
  onHear: (guest: string) => Promise<void> = async () => undefined;
  /** What becomes of a program inside. */
  onRun: (words: readonly string[]) => Promise<number> = async () => 0;
  /** Everything that was asked of guests, `web1 make-node /dev/scanner`. */
  readonly asked: string[] = [];
  /** What the cgroup of a guest is called. */
  cgroupOf = (name: string) => `/lxc.payload.${name}`;
  /** What the executor does not do, and why. */
  refuse: (guest: string, what: string) => Failed | undefined = () => undefined;
  #starts = 100;
  #seqnum = 0n;
  #stalledAt = Number.NEGATIVE_INFINITY;

  constructor(steps: Steps = soon) {
    this.steps = steps;
    this.line = this.#newLine();
  }

  /** The executor dies. */
  killExecutor(): void {
    this.line.end();
    this.steps.take('end', () => this.listener({ kind: 'executor-ended', reason: 'SIGKILL' }));
  }

  startExecutor(): void {
    this.line = this.#newLine();
  }

  start(name: string, policy: DevicePolicy = 'confined'): Start {
    const start = this.begin(name, policy);
    start.stage = 'ready';
    return start;
  }

  /** A guest that has no init yet. */
  begin(name: string, policy: DevicePolicy = 'confined'): Start {
    this.#starts += 1;
    const instance = { pid: this.#starts, startTime: `${this.#starts}00`, cgroup: this.cgroupOf(name) };
    const kept = this.units.get(instance.cgroup);
    const world = { ...emptyWorld(policy), ...(kept && { grants: kept }) };
    const limits = {
      'memory.min': '0',
      'memory.max': 'max',
      'memory.high': 'max',
      'pids.max': 'max',
      'cpu.max': 'max 100000',
    };
    const start: Start = { instance, world, limits, counters: {}, held: {}, stage: 'cgroup' };
    this.guests.set(name, start);
    this.folderChanged(name);
    return start;
  }

  stop(name: string): void {
    const start = this.guests.get(name);
    this.guests.set(name, undefined);
    if (start?.instance.cgroup.endsWith('.service')) this.units.set(start.instance.cgroup, start.world.grants);
    if (start && this.line.opened.get(name) === start.instance.pid) {
      this.line.opened.delete(name);
      this.line.event({ kind: 'guest-gone', guest: name });
    }
    if (start) this.tellEnds(start);
    if (start?.others) this.lingering.set(start.instance.pid, start);
    this.folderChanged(name);
  }

  /** The guest puts something there, or takes it away. */
  tamper(name: string, path: string, file: Parameters<typeof tamper>[2]): void {
    const start = this.guests.get(name);
    if (start === undefined) return;
    const made = foldersAbove(path).filter((folder) => !start.world.files.has(folder));
    start.world = tamper(start.world, path, file);
    for (const one of [...made, path]) this.changed(name, one);
  }

  /** Something happened to a path of a guest: whoever watches the folder is told. */
  changed(name: string, path: string): void {
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (this.line.watched.get(name)?.has(folder))
      this.line.event({ kind: 'guest-changed', guest: name, path: folder, replaced: false });
  }

  /** The kernel holds the guest back, which it tells once in a while. */
  stall(name: string): void {
    const cpu = this.guests.get(name)?.cpu;
    if (cpu) cpu.throttles += 1;
    if (!this.tellsStalls || this.clock.now() - this.#stalledAt < 500) return;
    this.#stalledAt = this.clock.now();
    this.fileChanged(name, 'cpu.pressure');
  }

  /** Something happened to a file of a guest's cgroup: whoever watches is told. */
  fileChanged(name: string, file: string): void {
    if (this.line.limits.has(name)) this.line.event({ kind: 'limits-changed', guest: name, file });
  }

  /** It ends, and its runtime starts it again a moment later. */
  reboot(name: string): void {
    const { keeper = `keeper of ${name}` } = this.guests.get(name) ?? {};
    this.monitors.add(name);
    this.stop(name);
    this.clock.wake(this.clock.now() + 50, () => {
      this.start(name).keeper = keeper;
      this.monitors.delete(name);
    });
  }

  /** It halts for so long before, if nobody ends it meanwhile. */
  rebootIn(ms: number, name: string): void {
    const start = this.guests.get(name);
    this.clock.wake(this.clock.now() + ms, () => {
      if (this.guests.get(name) === start) this.reboot(name);
    });
  }

  /** When all guests have ended, and what is looked at now and then while they run: the next alarm; undefined: nothing is tried for ever. */
  async atRest(): Promise<number | undefined> {
    for (const [name, start] of this.guests) if (start !== undefined) this.stop(name);
    await this.clock.pass(30 * 60_000);
    return this.clock.next();
  }

  /** Others in its cgroup end. */
  leave(start: Start): void {
    delete start.others;
    this.tellEnds(start);
  }

  /** Whoever watches the end of a guest is told how far it is. */
  tellEnds({ instance: { pid }, others }: Start): void {
    for (const [guest, watched] of this.line.ends) {
      if (watched !== pid) continue;
      this.line.event({ kind: 'init-ended', guest });
      this.line.event({ kind: 'populated', guest, populated: others !== undefined });
    }
  }

  folderChanged(name: string): void {
    this.line.event({ kind: 'folder-changed', id: 'guests', name });
  }

  uevent(group: Uevent['group'], action: Uevent['action'], { subsystem, devpath }: Device): void {
    this.#seqnum += 1n;
    const { subsystems } = this.line;
    if (subsystems !== 'all' && !subsystems?.includes(subsystem)) return;
    this.line.event({ kind: 'uevent', uevent: { group, action, seqnum: this.#seqnum, subsystem, devpath } });
  }

  /** Numbers that the host has, or would have at the first open. */
  known(): ReadonlySet<string> {
    return new Set([...this.devices, ...this.unloaded].flatMap(({ number }) => (number ? numberText(number) : [])));
  }

  #newLine(): Line {
    return new Line(this.steps, (event) => this.listener(event));
  }
}
