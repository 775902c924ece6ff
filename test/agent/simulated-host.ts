import { type Agent, createAgent } from '../../src/agent/agent.ts';
import type { Config } from '../../src/model/config.ts';
import type { Device } from '../../src/model/device.ts';
import type { Ownership } from '../../src/model/node.ts';
import { numberText } from '../../src/model/number.ts';
import { emptyWorld } from '../devices/world.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine, type Start } from '../fakes/machine.ts';
import { portsOf } from '../fakes/stage.ts';
import { PickedSteps } from '../fakes/steps.ts';
import { memoryStore } from '../fakes/store.ts';
import { MODELS, type Model, plugOf } from './simulated-devices.ts';

export type Turn =
  | { readonly kind: 'plug'; readonly model: Model; readonly minor: number }
  | { readonly kind: 'unplug'; readonly which: number }
  | { readonly kind: 'replug'; readonly which: number; readonly minor: number }
  | { readonly kind: 'start' | 'stop' | 'restart'; readonly guest: string }
  | { readonly kind: 'unlink'; readonly guest: string; readonly which: number }
  | { readonly kind: 'chown'; readonly guest: string; readonly which: number; readonly ownership: Ownership }
  /** The guest keeps a file of its own beside what it was given. */
  | { readonly kind: 'note'; readonly guest: string; readonly folder: string }
  /** A program in the guest opens something that it was given. */
  | { readonly kind: 'hold'; readonly guest: string; readonly which: number }
  | { readonly kind: 'worker-dies'; readonly guest: string }
  | { readonly kind: 'reload'; readonly which: number }
  | { readonly kind: 'time'; readonly ms: number }
  /** What is told of these turns does not arrive, only that something of this kind was lost. */
  | { readonly kind: 'unheard'; readonly what: 'uevents' | 'changes'; readonly turns: readonly Turn[] }
  | { readonly kind: 'udevd' | 'executor-dies' | 'agent-dies' | 'nudge' };

/** So many steps no story needs. */
const RESTLESS = 5_000;

/** A host on which everything happens in the order that a choice gives it, with one agent after the other. */
export class SimulatedHost {
  readonly steps = new PickedSteps();
  readonly machine = new Machine(this.steps);
  readonly store = memoryStore();
  agent: Agent;
  config: Config;
  /** What each start of a guest put there itself. */
  readonly notes = new Map<Start, ReadonlyMap<string, string>>();
  /** What some guest has taken away. */
  readonly unlinked = new Set<string>();
  /** The DEVPATHs of devices that are there and that programs hold open, by pid. */
  readonly held = new Map<number, string>();
  readonly #configs: readonly Config[];
  /** By DEVPATH, as udev has them in the end. */
  readonly #finals = new Map<string, Device>();
  #programs = 0;
  #udevs = 0;
  #isChowned = false;
  #drained = 0;
  #ports: ReturnType<typeof portsOf>;

  constructor(configs: readonly Config[], first: number, guests: readonly string[]) {
    this.#configs = configs;
    this.config = configs[first] ?? configOf();
    for (const name of guests) this.machine.guests.set(name, undefined);
    this.#ports = portsOf(this.machine, this.config, this.store);
    this.agent = this.#startAgent();
  }

  /** Whether owners and modes follow from the rules and udev alone: nobody in a guest has set any, and udev has its say. */
  get ownersAreKnown(): boolean {
    return this.machine.udevRuns && !this.#isChowned;
  }

  /** Turns come when the choice says so, or when nothing else can happen. */
  async play(turns: readonly Turn[], choose: () => number): Promise<void> {
    const coming = [...turns];
    while (coming.length > 0) {
      const choice = choose();
      if (this.steps.isEmpty() || choice % 3 === 0) await this.turn(coming.shift());
      else this.steps.pick(choice);
      await atRest();
    }
  }

  /** Whatever can still happen happens, and then so much time passes that no alarm of a first try is left. */
  async settle(choose: () => number): Promise<void> {
    const { clock } = this.machine;
    const until = clock.now() + 120_000;
    await this.drain(choose);
    for (let next = clock.next(); next !== undefined && next <= until; next = clock.next()) {
      await clock.pass(Math.max(0, next - clock.now()));
      await this.drain(choose);
    }
  }

  async drain(choose: () => number): Promise<void> {
    for (await atRest(); !this.steps.isEmpty(); await atRest()) {
      this.#drained += 1;
      if (this.#drained > RESTLESS) throw new Error('the host never comes to rest');
      this.steps.pick(choose());
    }
  }

  async turn(turn: Turn | undefined): Promise<void> {
    const { machine } = this;
    switch (turn?.kind) {
      case 'plug':
        return this.#plug(plugOf(turn.model, turn.minor));
      case 'unplug':
        return void this.#unplug(turn.which);
      case 'replug':
        return this.#replug(turn.which, turn.minor);
      case 'start':
        return this.#boot(turn.guest);
      case 'stop':
        return machine.guests.get(turn.guest) && machine.stop(turn.guest);
      case 'restart':
        machine.stop(turn.guest);
        return this.#boot(turn.guest);
      case 'unlink':
      case 'chown':
        return this.#touch(turn);
      case 'note':
        return this.#note(turn.guest, turn.folder);
      case 'hold':
        return this.#hold(turn.guest, turn.which);
      case 'worker-dies':
        return this.#endWorker(turn.guest);
      case 'reload':
        return this.#reload(turn.which);
      case 'time':
        return machine.clock.pass(turn.ms);
      case 'udevd':
        return this.#toggleUdevd();
      case 'unheard':
        return this.#unheard(turn.what, turn.turns);
      case 'executor-dies':
        return machine.killExecutor();
      case 'agent-dies':
        return this.#restartAgent();
      case 'nudge':
        return machine.line.event({ kind: 'nudge', guest: '', pid: 1 });
    }
  }

  /** Every program lets go of what it holds. */
  letGo(): void {
    for (const start of this.machine.guests.values()) if (start) start.world = { ...start.world, holders: [] };
  }

  async #unheard(what: 'uevents' | 'changes', turns: readonly Turn[]): Promise<void> {
    const { machine } = this;
    for (const turn of turns) await this.turn(turn);
    this.steps.finish('udev');
    if (what === 'uevents') {
      machine.line.lose('uevent');
      return machine.line.event({ kind: 'uevents-lost', reason: 'overflow' });
    }
    machine.line.lose('guest-changed', 'folder-changed');
    return machine.line.event({ kind: 'watch-overflow' });
  }

  #startAgent(): Agent {
    const { machine, config } = this;
    const agent = createAgent(this.#ports, {
      config,
      problems: [],
      log: () => {},
      hostName: 'host1',
      openSockets: async () => undefined,
      claimAgain: async () => undefined,
      restartExecutor: () => machine.startExecutor(),
    });
    machine.listener = agent.handle;
    void agent.start();
    return agent;
  }

  #restartAgent(): void {
    const { machine } = this;
    machine.line.cut();
    machine.clock.silence();
    machine.startExecutor();
    this.#ports = portsOf(machine, this.config, this.store);
    this.agent = this.#startAgent();
  }

  #plug(parts: readonly Device[]): void {
    const { machine } = this;
    const names = new Set(
      machine.devices.flatMap(({ devpath, number }) => [devpath, number ? numberText(number) : '']),
    );
    if (parts.some(({ devpath, number }) => names.has(devpath) || (number && names.has(numberText(number))))) return;
    for (const part of parts) {
      const { hostNode: _, ...early } = part;
      this.#finals.set(part.devpath, part);
      machine.devices = [...machine.devices, { ...early, unrecorded: true }];
      machine.uevent('kernel', 'add', part);
      this.#afterUdev(() => {
        this.#record(part);
        machine.uevent('udev', 'add', part);
      });
    }
  }

  /** What has others below it takes them along, child first, as the kernel does. */
  #unplug(which: number): Device | undefined {
    const { machine } = this;
    const first = machine.devices[which % Math.max(1, machine.devices.length)];
    if (first === undefined) return undefined;
    const isBelow = ({ devpath }: Device) => `${devpath}/`.startsWith(`${first.devpath}/`);
    for (const gone of machine.devices.filter(isBelow).toReversed()) {
      machine.devices = machine.devices.filter((other) => other !== gone);
      for (const [pid, devpath] of this.held) if (devpath === gone.devpath) this.held.delete(pid);
      machine.uevent('kernel', 'remove', gone);
      this.#afterUdev(() => machine.uevent('udev', 'remove', gone));
    }
    return first;
  }

  #replug(which: number, minor: number): void {
    const gone = this.#unplug(which);
    if (gone) this.#plug(plugOf(modelOf(gone), minor));
  }

  /** udevd works on its queue in its own time, as long as it lives. */
  #afterUdev(work: () => void): void {
    const { machine } = this;
    if (!machine.udevRuns) return;
    const life = this.#udevs;
    machine.udevIsBusy = true;
    this.steps.take('udev', () => {
      if (life !== this.#udevs) return;
      work();
      machine.udevIsBusy = this.steps.holds('udev');
    });
  }

  #record(plugged: Device): void {
    const { machine } = this;
    machine.devices = machine.devices.map((one) => (one.devpath === plugged.devpath ? plugged : one));
  }

  #toggleUdevd(): void {
    const { machine } = this;
    this.#udevs += 1;
    machine.udevRuns = !machine.udevRuns;
    machine.udevIsBusy = false;
    machine.line.event({ kind: 'udevd', running: machine.udevRuns });
    for (const one of machine.devices) {
      const final = this.#finals.get(one.devpath) ?? one;
      this.#afterUdev(() => {
        this.#record(final);
        machine.uevent('udev', 'add', final);
      });
    }
  }

  #boot(guest: string): void {
    const { machine } = this;
    if (machine.guests.get(guest) !== undefined) return;
    const start = machine.begin(guest);
    this.steps.take(`boot ${guest}`, () => {
      start.stage = 'init';
    });
    this.steps.take(`boot ${guest}`, () => {
      start.stage = 'ready';
    });
  }

  #touch(turn: Extract<Turn, { kind: 'unlink' | 'chown' }>): void {
    const { machine } = this;
    const files = [...(machine.guests.get(turn.guest)?.world.files ?? [])].filter(
      ([, { kind }]) => kind === 'device' || kind === 'link',
    );
    const [path, file] = files[turn.which % Math.max(1, files.length)] ?? [];
    if (path === undefined) return;
    if (turn.kind === 'unlink') {
      this.unlinked.add(path);
      return machine.tamper(turn.guest, path, undefined);
    }
    if (file?.kind !== 'device') return;
    this.#isChowned = true;
    machine.tamper(turn.guest, path, { ...file, ownership: turn.ownership });
  }

  #note(guest: string, folder: string): void {
    const start = this.machine.guests.get(guest);
    const path = `${folder}/notes`;
    if (start === undefined) return;
    this.notes.set(start, new Map([...(this.notes.get(start) ?? []), [folder, 'folder'], [path, 'file']]));
    this.machine.tamper(guest, path, { kind: 'file' });
  }

  #hold(guest: string, which: number): void {
    const { machine } = this;
    const start = machine.guests.get(guest);
    const open = machine.devices.filter(({ number }) => number && start && mayOpen(start, numberText(number)));
    const device = open[which % Math.max(1, open.length)];
    if (start === undefined || device?.number === undefined) return;
    this.#programs += 1;
    const holder = { pid: this.#programs, startTime: '1', command: 'reader', number: numberText(device.number) };
    this.held.set(holder.pid, device.devpath);
    start.world = { ...start.world, holders: [...start.world.holders, holder] };
  }

  #endWorker(guest: string): void {
    const { line } = this.machine;
    line.watched.delete(guest);
    if (line.opened.delete(guest)) line.event({ kind: 'guest-suspect', guest });
  }

  #reload(which: number): void {
    this.config = this.#configs[which % this.#configs.length] ?? this.config;
    this.#ports.configuration.write({ ok: true, config: this.config, warnings: [] });
    this.#ports.configuration.changes();
  }
}

/** Beyond what the guest's own configuration allows. */
export function mayOpen({ world }: Start, number: string): boolean {
  return world.grants.get(number) !== emptyWorld().grants.get(number);
}

export function modelOf({ attrs }: Device): Model {
  return MODELS.find((model) => model === attrs.model) ?? 'printer';
}
