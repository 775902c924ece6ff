import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Rival = 'nsenter' | 'lxc-device';

const RULES = '/run/udev/rules.d/99-rival.rules';

/**
 * What administrators had since 2008: a udev rule whose RUN+= calls one shell script named after the guest, which takes every
 * old node away and adds the new one. Answers how to take it away again; udevd reads its rules anew by itself.
 */
export function installRival(rival: Rival, guest: string, lxcPath: string, folder: string): () => void {
  const script = join(folder, `${guest}.dev`);
  writeFileSync(script, `${HEAD}${BODIES[rival]}`.replaceAll('@GUEST', guest).replaceAll('@LXC', lxcPath));
  chmodSync(script, 0o755);
  mkdirSync('/run/udev/rules.d', { recursive: true });
  writeFileSync(RULES, `SUBSYSTEM=="block", KERNEL=="loop1???", ACTION=="add|remove", RUN+="${script}"\n`);
  return () => rmSync(RULES, { force: true });
}

const HEAD = `#!/bin/bash
PATH=/usr/sbin:/usr/bin:/sbin:/bin
pid=$(lxc-info -P @LXC -n @GUEST -p -H)
old=$(nsenter -t "$pid" -m /bin/find /dev -name 'loop1???')
`;

const BODIES: Readonly<Record<Rival, string>> = {
  nsenter: `for node in $old; do
	nsenter -t "$pid" -m /bin/rm -f "$node"
	lxc-cgroup -P @LXC -n @GUEST devices.deny "b $MAJOR:\${node#/dev/loop} rwm"
done
if [ "$ACTION" = add ]; then
	lxc-cgroup -P @LXC -n @GUEST devices.allow "b $MAJOR:$MINOR rw"
	nsenter -t "$pid" -m /bin/mknod "$DEVNAME" b "$MAJOR" "$MINOR"
	nsenter -t "$pid" -m /bin/chown 0:107 "$DEVNAME"
	nsenter -t "$pid" -m /bin/chmod 0660 "$DEVNAME"
fi
`,
  'lxc-device': `for node in $old; do
	nsenter -t "$pid" -m /bin/rm -f "$node"
	lxc-cgroup -P @LXC -n @GUEST devices.deny "b $MAJOR:\${node#/dev/loop} rwm"
done
[ "$ACTION" = add ] && lxc-device -P @LXC -n @GUEST add "$DEVNAME"
`,
};
