import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configuredGuest, type LxcGuest } from '../../../src/cli/demo/lxc-guest.ts';
import { type GuestView, guestView } from '../../scenarios/guest-view.ts';

/** An LXC guest with a whole Debian and its systemd; what it writes is kept over its stops. */
export interface DebianGuest extends LxcGuest {
  inside(): Promise<GuestView>;
  /** Runs a command inside as one of the guest's own users. */
  as(user: string, ...command: string[]): Promise<string>;
}

/** Shared by all such guests and never written. */
const TREE = '/srv/guest';

export function createDebianGuest({ name, lxcPath }: { readonly name: string; readonly lxcPath: string }): DebianGuest {
  const folder = join(lxcPath, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'config'), configText(name, folder));
  const guest = configuredGuest({ name, lxcPath });
  return {
    ...guest,
    inside: async () => guestView(await guest.initPid()),
    as: (user, ...command) => guest.attach('runuser', '-u', user, '--', ...command),
  };
}

function configText(name: string, folder: string): string {
  return [
    'lxc.include = /usr/share/lxc/config/common.conf',
    `lxc.uts.name = ${name}`,
    `lxc.rootfs.path = overlay:${TREE}:${join(folder, 'written')}`,
    'lxc.net.0.type = empty',
    'lxc.autodev = 1',
    '',
  ].join('\n');
}
