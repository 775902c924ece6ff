import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LxcGuest } from '../../../src/cli/demo/lxc-guest.ts';
import { runShielded } from '../../../src/cli/demo/run-shielded.ts';
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
  const lxc = (command: string, ...words: string[]) => runShielded(command, ['-P', lxcPath, '-n', name, ...words]);
  const attach = (...command: string[]) =>
    lxc('lxc-attach', '--clear-env', '-v', 'PATH=/usr/bin:/usr/sbin', '--', ...command);
  const initPid = async () => Number((await lxc('lxc-info', '-p', '-H')).trim());
  return {
    name,
    attach,
    initPid,
    start: async () => void (await lxc('lxc-start', '-l', 'ERROR', '-o', join(folder, 'log'))),
    stop: async () => void (await lxc('lxc-stop', '-k')),
    async destroy() {
      await lxc('lxc-stop', '-k').catch(() => undefined); // it may not run
      rmSync(folder, { recursive: true, force: true });
    },
    inside: async () => guestView(await initPid()),
    as: (user, ...command) => attach('runuser', '-u', user, '--', ...command),
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
