import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ADAPTER } from './adapter.ts';
import { bootMachine, forgetMachine, type Machine } from './machine.ts';
import { manualExample } from './manual-example.ts';
import { bringPackages, PACKAGES } from './packages.ts';

const MAKER = join(import.meta.dirname, '../../src/cli/demo');
const NODE = '/usr/lib/hostler/node';
/** Who halts in its own way says so there: after its host has ended it can still be read. */
const ENDED = 'share/ended';

/** The machine of that name with what its disk has, and the adapter. */
export function bootKept(name: string): Promise<Machine> {
  return bootMachine({ name, disk: 'kept', devices: [ADAPTER] });
}

/** A new one of that name with the package and its guests. */
export async function bootFurnished(name: string): Promise<Machine> {
  forgetMachine(name);
  const machine = await bootKept(name);
  bringPackages(machine, ['old']);
  await furnish(machine);
  return machine;
}

/**
 * Installs the package that is in the machine, and makes two guests that systemd would kill at the host's end. slow.service, before
 * which no start of guests is over, never ends to start.
 */
async function furnish(machine: Machine): Promise<void> {
  cpSync(MAKER, join(machine.folder, 'share/demo'), { recursive: true });
  mkdirSync(join(machine.folder, ENDED));
  await machine.run(FURNISH);
}

/** Those that have halted in their own way, in order; then nobody has. */
export function endedInTheirOwnWay({ folder }: Machine): readonly string[] {
  const log = join(folder, ENDED, 'log');
  const ended = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  rmSync(log);
  return ended;
}

const NODES = `
root=/proc/$(lxc-info -n box1 -p -H)/root
find $root/dev/bus $root/dev/adapter -not -type d -printf '%y %m %U:%G\\n' 2>/dev/null | sort || true`;

/** What of the adapter is in its guest. */
export async function nodesIn(machine: Machine): Promise<readonly string[]> {
  return (await machine.run(NODES)).split('\n').filter(Boolean);
}

export const PATIENCE_MS = 400_000;

export async function expectToSay(machine: Machine, command: string, text: string | RegExp): Promise<void> {
  await eventually(async () => expect(await machine.run(command)).toMatch(text), PATIENCE_MS);
}

const FURNISH = `
set -e
dpkg --unpack ${PACKAGES}/old/*.deb
cat > /etc/hostler/rules/adapter.yaml <<'RULES'
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: box1
  node: { mode: "0640" }
  links: [/dev/adapter]
RULES
for guest in box1 box2; do
  ${NODE} -e "import('/share/demo/lxc-guest.ts').then((m) => m.createLxcGuest({ name: '$guest', lxcPath: '/var/lib/lxc' }))" 2> /dev/null
  echo "::shutdown:echo $guest >> /ended/log" >> /var/lib/lxc/$guest/rootfs/etc/inittab
  echo 'lxc.mount.entry = /${ENDED} ended none bind,create=dir' >> /var/lib/lxc/$guest/config
done
echo 'lxc.hook.start-host = /usr/lib/hostler/hostler-hook' >> /var/lib/lxc/box1/config
mkdir -p /etc/systemd/system/lxc@.service.d
printf '[Service]\\nExecStop=\\nExecStop=/usr/bin/lxc-stop -n %%i -k\\n' > /etc/systemd/system/lxc@.service.d/kill.conf
cat > /etc/systemd/system/slow.service <<'SLOW'
[Unit]
Before=hostler-guests.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
SLOW
dpkg --configure hostler`;

/**
 * From now on both guests start with the host, the first with a limit. In its next stop both the executor and the agent are killed;
 * who goes on is written down.
 */
export const START_WITH_HOST = `
set -e
cat > /root/meanwhile <<'MEANWHILE'
#!/bin/sh
[ ! -e /root/killed ] || exit 0
agent() { pgrep -o -f 'hostler.mjs agent$'; }
executor() { pgrep -o -f 'hostler-executor --socket'; }
until systemctl list-jobs --no-legend | grep -q 'hostler-guests.service *stop'; do sleep 0.2; done
first=$(agent)
before=$(executor)
systemctl kill --signal KILL 'hostler-executor@*'
while [ -z "$(executor)" ] || [ "$(executor)" = "$before" ]; do sleep 0.2; done
echo "executor: $(cat /proc/$(executor)/cgroup)" > /root/killed
systemctl kill --signal KILL hostler
while [ -z "$(agent)" ] || [ "$(agent)" = "$first" ]; do sleep 0.2; done
echo "agent: $(cat /proc/$(agent)/cgroup)" >> /root/killed
MEANWHILE
chmod 755 /root/meanwhile
systemctl enable --quiet slow
cd /etc/hostler
echo '  when: wait 60s' >> rules/adapter.yaml
cat > guests/box1.yaml <<'GUEST'
guest: box1
start: { auto: true }
stop: { timeout: 5m, before: [{ command: [/root/meanwhile], where: host, timeout: 50s }] }
GUEST
printf 'guest: box2\\nstart: { auto: true, after: [box1] }\\n' > guests/box2.yaml
cat > policies/small-service.yaml <<'POLICY'
${manualExample('hostler-policies.5').replace('guests: web*', 'guests: box1')}POLICY`;
