import { afterAll } from 'vitest';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

/** How a story comes by its scene; it ends it in any case. */
export type Opens = () => Promise<Scene>;

/** One of its own, without devices. */
export const ownScene: Opens = () => createScene({ rules: '[]', udevd: 'absent' });

/** Stories of which each has its own guests and policies have one agent together, where its start is dear. */
export function sharedScene(): Opens {
  let shared: Promise<Scene> | undefined;
  afterAll(async () => (await shared)?.end());
  return async () => {
    shared ??= ownScene();
    return partOf(await shared);
  };
}

/** Ends with its guests. */
function partOf(scene: Scene): Scene {
  const guests: SceneGuest[] = [];
  const make: Scene['make'] = (name, options) => {
    const guest = scene.make(name, options);
    guests.push(guest);
    return guest;
  };
  return {
    ...scene,
    make,
    async guest(name, options) {
      const guest = make(name, options);
      await guest.start();
      return guest;
    },
    async end() {
      for (const guest of guests) await guest.destroy();
    },
  };
}
