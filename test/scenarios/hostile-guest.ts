import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../kernel/listening.ts';
import { type GuestShell, openGuestShell } from './guest-shell.ts';
import type { GuestView } from './guest-view.ts';
import type { Scene, SceneGuest } from './scene.ts';

const TOOLS = ['exchange', 'socket', 'mute', 'storm'];

/** A guest whose root means harm and has the tools for it. */
export interface HostileGuest {
  readonly guest: SceneGuest;
  readonly shell: GuestShell;
  readonly inside: GuestView;
}

export async function startHostileGuest(scene: Scene, name: string): Promise<HostileGuest> {
  const guest = await scene.guest(name, {
    furnish: (folder) => {
      for (const tool of TOOLS) copyFileSync(fixture(tool), join(folder, 'rootfs/bin', tool));
    },
  });
  const shell = await openGuestShell(scene.agent.lxcPath, name);
  await shell.run('mount --make-rprivate /'); // a shared mount cannot be moved
  return { guest, shell, inside: await guest.inside() };
}
