import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Life } from '../../../src/ports/life.ts';
import type { Store } from '../../../src/ports/store.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

export const NAMES = ['a', 'b'];

/** b waits for a; both are started again when they end by themselves. */
function configured(): Config {
  const crash = { delayMs: 500, mostMs: 2000, stableMs: 1, budget: 100_000 };
  const start = { ...USUAL_START, timeoutMs: 20_000 };
  const stop = { timeoutMs: 20_000, before: [] };
  return {
    ...configOf(),
    guests: NAMES.map((guest) => ({
      guest,
      stop,
      restart: { crash },
      start: { ...start, after: guest === 'b' ? ['a'] : [] },
    })),
  };
}

/** A machine whose runtime takes its time for all that it does, which goes on whoever dies; `choose` says how long. */
export class SimulatedRuntime {
  readonly machine = new Machine();
  readonly #config = configured();
  readonly #store = memoryStore();
  readonly #pending = new Set<{ readonly at: number; readonly act: () => void }>();
  readonly #busy = new Set<string>();
  readonly #clearing = new Set<string>();
  readonly #rebooting = new Set<string>();
  readonly #choose: (from: readonly number[]) => number;
  #keepers = 0;
  #life = { isOver: true };
  #writesLeft: number | undefined;

  constructor(choose: (from: readonly number[]) => number) {
    this.#choose = choose;
    const { machine } = this;
    for (const name of NAMES) machine.guests.set(name, undefined);
    machine.onHalt = (name) => {
      const start = machine.guests.get(name);
      this.#later([0, 50, 500, 3000], () => {
        if (machine.guests.get(name) === start) this.end(name);
      });
    };
    const stop = machine.stop.bind(machine);
    machine.stop = (name) => {
      const keeper = machine.guests.get(name)?.keeper;
      if (keeper === undefined) return;
      // It answers nobody while it runs a hook.
      if (this.#choose([0, 1]) === 0) machine.monitors.add(name);
      this.#clearing.add(name);
      stop(name);
      this.#later([0, 30, 80, 4000], () => this.#clear(name, keeper));
    };
  }

  async agent(): Promise<Stage> {
    const { machine } = this;
    const life = { isOver: false };
    this.#life = life;
    const wake: Clock['wake'] = (at, act) => machine.clock.wake(at, () => (life.isOver ? undefined : act()));
    const ports = { ...portsOf(machine, this.#config, this.#mortal(life)), clock: { ...machine.clock, wake } };
    const start: Life['start'] = ({ name }) => {
      const begun = new Promise<void>((resolve) => this.#start(name, resolve));
      return machine.line.during(begun.then(() => ({ ok: true, value: undefined })));
    };
    const made = stage(machine, this.#config, { ...ports, life: { ...ports.life, start } });
    await made.agent.start();
    await atRest();
    return made;
  }

  async anotherAgent(meanwhile: () => void): Promise<Stage> {
    this.#die();
    meanwhile();
    this.machine.startExecutor();
    return this.agent();
  }

  /** The agent dies after so many more writes and one; undefined: after none. */
  diesAfter(writes: number | undefined): void {
    this.#writesLeft = writes;
  }

  hasDied(): boolean {
    return this.#life.isOver;
  }

  #die(): void {
    const { machine } = this;
    this.#life.isOver = true;
    machine.clock.silence();
    for (const one of this.#pending) machine.clock.wake(one.at, () => this.#act(one));
    machine.line.cut();
    machine.listener = () => {};
  }

  /** What an agent that has died writes is not there. */
  #mortal(life: { readonly isOver: boolean }): Store {
    return new Proxy(this.#store, {
      get: (store, key) => {
        const value: unknown = Reflect.get(store, key);
        if (typeof value !== 'function' || !/^(save|remove)/.test(String(key))) return value;
        return (...words: unknown[]) => {
          if (life.isOver) return [];
          const said: unknown = Reflect.apply(value, store, words);
          if (this.#writesLeft !== undefined && this.#writesLeft-- === 0) this.#die();
          return said;
        };
      },
    });
  }

  end(name: string, reboots = false): void {
    if (this.machine.guests.get(name) === undefined) return;
    if (reboots) this.#rebooting.add(name);
    this.machine.stop(name);
  }

  #start(name: string, answer: () => void): void {
    const { machine } = this;
    if (machine.guests.get(name) !== undefined || this.#busy.has(name)) return this.#later([0, 20], answer);
    if (machine.monitors.has(name)) return this.#later([5], () => this.#start(name, answer));
    if (this.#clearing.has(name)) return this.#later([0, 20], answer); // what is begun is lost
    this.#busy.add(name);
    this.#later([10, 100, 300], () => {
      this.#busy.delete(name);
      this.#up(name, `keeper ${++this.#keepers}`);
    });
    this.#later([0, 100, 700, 3000], answer);
  }

  #clear(name: string, keeper: string): void {
    if (this.#rebooting.delete(name)) this.#up(name, keeper);
    else this.machine.keepers.delete(keeper);
    this.#clearing.delete(name);
    this.machine.monitors.delete(name);
    this.machine.folderChanged(name);
  }

  #up(name: string, keeper: string): void {
    this.machine.keepers.add(keeper);
    this.machine.start(name).keeper = keeper;
  }

  #later(from: readonly number[], act: () => void): void {
    const { clock } = this.machine;
    const one = { at: clock.now() + this.#choose(from), act };
    this.#pending.add(one);
    clock.wake(one.at, () => this.#act(one));
  }

  #act(one: { readonly at: number; readonly act: () => void }): void {
    if (this.#pending.delete(one)) one.act();
  }
}
