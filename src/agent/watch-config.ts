import { backoffMs } from './backoff.ts';
import { reload } from './reload.ts';
import type { World } from './world.ts';

/** Half a second before the second try. */
const PATIENCE = 4;

/** Hears changes of the configuration from now on. What keeps it from hearing is told once, and tried again later and later. */
export async function watchConfiguration(world: World, tries = 1): Promise<void> {
  const { configuration, clock } = world.ports;
  const wasDeaf = world.deaf !== undefined;
  world.deaf = await configuration.watch(() => void reload(world));
  if (world.deaf === undefined) {
    if (wasDeaf) await reload(world); // what changed meanwhile
    return;
  }
  if (!wasDeaf) world.report.refusal({ code: 'E_WATCH', subject: configuration.folder, detail: world.deaf });
  clock.wake(clock.now() + backoffMs(tries + PATIENCE), () => void watchConfiguration(world, tries + 1));
}
