import type { Config, Settings } from '../../src/model/config.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Configuration, Loaded } from '../../src/ports/configuration.ts';

/** A configuration folder that says what the test writes. */
export interface FakeConfiguration extends Configuration {
  write(loaded: Loaded): void;
  /** Who watches is told. */
  changes(): void;
  /** Why it cannot be watched. */
  deaf: string | undefined;
  /** The guests that each load was told of. */
  readonly loads: readonly (readonly string[])[];
}

export const SETTINGS: Settings = {
  lxcPath: '/var/lib/lxc',
  damping: { plugs: 12, withinMs: 20_000, calmMs: 5_000 },
  alerts: { sinks: [], cooldownMs: 300_000 },
  reserve: { cpu: 0, memoryBytes: 0 },
  metrics: 'off',
};

export function configOf(...rules: readonly Rule[]): Config {
  return { rules, guests: [], policies: [], settings: SETTINGS };
}

export function fakeConfiguration(config: Config): FakeConfiguration {
  let content: Loaded = { ok: true, config, warnings: [] };
  let changed = () => {};
  const loads: (readonly string[])[] = [];
  return {
    folder: '/etc/hostler',
    deaf: undefined,
    loads,
    write(loaded) {
      content = loaded;
    },
    changes: () => changed(),
    async load(knownGuests = []) {
      loads.push(knownGuests);
      return content;
    },
    async watch(call) {
      changed = call;
      return this.deaf === undefined ? undefined : { code: 'E_WATCH', subject: this.folder, detail: this.deaf };
    },
    async close() {
      changed = () => {};
    },
  };
}
