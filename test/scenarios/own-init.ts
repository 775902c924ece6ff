import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lets a shell's script be the init of a guest of LXC, by its folder. */
export function initIs(folder: string, script: string): void {
  writeFileSync(join(folder, 'rootfs/sbin/own-init'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'config'), 'lxc.init.cmd = /sbin/own-init\n', { flag: 'a' });
}

/** What busybox runs when it is told to halt. */
export function atShutdown(folder: string, script: string): void {
  writeFileSync(join(folder, 'rootfs/etc/at-shutdown'), `${script}\n`);
  writeFileSync(join(folder, 'rootfs/etc/inittab'), '::sysinit:/bin/true\n::shutdown:/bin/sh /etc/at-shutdown\n');
}
