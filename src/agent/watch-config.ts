import { backoffMs } from './backoff.ts';
import { reload } from './reload.ts';
import type { World } from './world.ts';

/** Half a second before the second try. */
const PATIENCE = 4;

/** Hears changes of the configuration from now on. What keeps it from hearing is told once, and tried again later and later. */
export function watchConfiguration(world: World): Promise<void> {
  let listening = Promise.resolve();
  // A folder that was replaced is not the one that is watched: every change is answered by a new watch, and then read.
  const changed = () => {
    listening = listening.then(() => listen(1)).then(async () => void (await reload(world)));
  };
  const listen = async (tries: number) => {
    const wasDeaf = world.deaf !== undefined;
    world.deaf = await world.ports.configuration.watch(changed);
    if (world.deaf !== undefined) return tryAgain(tries, wasDeaf);
    if (wasDeaf) await reload(world); // what changed meanwhile
  };
  const tryAgain = (tries: number, isTold: boolean) => {
    const { clock } = world.ports;
    if (!isTold && world.deaf !== undefined) world.report.refusal(world.deaf);
    clock.wake(clock.now() + backoffMs(tries + PATIENCE), () => {
      listening = listening.then(() => listen(tries + 1));
    });
  };
  return listen(1);
}
