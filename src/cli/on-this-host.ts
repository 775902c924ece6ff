import { loadConfig } from '../config/load.ts';
import type { HostCapacity } from '../model/capacity.ts';
import type { Config, Problem } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';

/** What a configuration is about. */
export interface OnThisHost {
  readonly capacity: HostCapacity;
  /** The guests that are there; absent: nothing is known of them. */
  readonly guests?: readonly string[];
  /** Why nobody knows the guests of LXC. */
  readonly unread?: Refusal;
  /** Those of which nobody can say the name. */
  readonly nameless: readonly Refusal[];
  /** Absent: something is wrong in it. */
  readonly config?: Config;
  /** What is wrong with the configuration, whatever guests there are. */
  readonly problems: readonly Problem[];
}

/**
 * This host and its guests, where hostler.yaml says they are, whatever is wrong in other files. Where that file is wrong, or on
 * a machine without guests, nothing is known of guests.
 */
export async function onThisHost(folder: string): Promise<OnThisHost> {
  const loaded = await loadConfig(folder, {});
  const settings = loaded.ok ? loaded.config.settings : loaded.settings;
  const { hostFacts } = await import('../main.ts');
  const { capacity, guests, nameless, unread } = hostFacts(settings?.lxcPath ?? '');
  return {
    capacity,
    nameless,
    problems: loaded.problems,
    ...(settings !== undefined && guests !== undefined && { guests }),
    ...(settings !== undefined && unread !== undefined && { unread }),
    ...(loaded.ok && { config: loaded.config }),
  };
}
