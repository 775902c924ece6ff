import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `mknod`: the guest may use all such devices, so that the script needs no permission. */
export type Rival = 'nsenter' | 'lxc-device' | 'mknod';

export interface RivalOptions {
  readonly rival: Rival;
  readonly guest: string;
  readonly lxcPath: string;
  readonly folder: string;
  /** Conditions of a udev rule. */
  readonly match: string;
  readonly type: 'b' | 'c';
  /** Of its nodes, as find takes them. */
  readonly names: string;
}

const RULES = '/run/udev/rules.d/99-rival.rules';

/**
 * What administrators had since 2008: a udev rule whose RUN+= calls one shell script named after the guest, which takes every
 * old node away and adds the new one. Answers how to take it away again; udevd reads its rules anew by itself.
 */
export function installRival({ rival, guest, lxcPath, folder, match, type, names }: RivalOptions): () => void {
  const script = join(folder, `${guest}.dev`);
  const words = { '@GUEST': guest, '@LXC': lxcPath, '@TYPE': type, '@NAMES': names };
  const text = Object.entries(words).reduce(
    (made, [word, value]) => made.replaceAll(word, value),
    HEAD + BODIES[rival],
  );
  writeFileSync(script, text);
  chmodSync(script, 0o755);
  mkdirSync('/run/udev/rules.d', { recursive: true });
  writeFileSync(RULES, `${match}, ACTION=="add|remove", RUN+="${script}"\n`);
  return () => rmSync(RULES, { force: true });
}

const HEAD = `#!/bin/bash
PATH=/usr/sbin:/usr/bin:/sbin:/bin
pid=$(lxc-info -P @LXC -n @GUEST -p -H)
old=$(nsenter -t "$pid" -m /bin/find /dev -name '@NAMES')
`;

const MKNOD = `nsenter -t "$pid" -m /bin/mknod "$DEVNAME" @TYPE "$MAJOR" "$MINOR"
	nsenter -t "$pid" -m /bin/chown 0:107 "$DEVNAME"
	nsenter -t "$pid" -m /bin/chmod 0660 "$DEVNAME"
`;

const BODIES: Readonly<Record<Rival, string>> = {
  nsenter: `for node in $old; do
	nsenter -t "$pid" -m /bin/rm -f "$node"
	lxc-cgroup -P @LXC -n @GUEST devices.deny "b $MAJOR:\${node#/dev/loop} rwm"
done
if [ "$ACTION" = add ]; then
	lxc-cgroup -P @LXC -n @GUEST devices.allow "b $MAJOR:$MINOR rw"
	${MKNOD}fi
`,
  'lxc-device': `for node in $old; do
	nsenter -t "$pid" -m /bin/rm -f "$node"
	lxc-cgroup -P @LXC -n @GUEST devices.deny "b $MAJOR:\${node#/dev/loop} rwm"
done
[ "$ACTION" = add ] && lxc-device -P @LXC -n @GUEST add "$DEVNAME"
`,
  mknod: `[ -z "$old" ] || nsenter -t "$pid" -m /bin/rm -f $old
if [ "$ACTION" = add ]; then
	${MKNOD}fi
`,
};
