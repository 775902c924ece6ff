import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { bootMachine, forgetMachine, type Machine } from './machine.ts';
import { manualExample } from './manual-example.ts';
import { bringPackages, PACKAGES } from './packages.ts';

const MAKER = join(import.meta.dirname, '../../src/cli/demo');
const NODE = '/usr/lib/hostler/node';
/** Who halts in its own way says so there: after its host has ended it can still be read. */
const ENDED = 'share/ended';

/** What a machine has besides the package and its guests. */
export interface Furniture {
  /** Plugged in from the start, as QMP's device_add takes it. */
  readonly devices?: readonly object[];
  /** Done before the package comes. */
  readonly before?: string;
  /** The file of the rules. */
  readonly rules: string;
}

/** The machine of that name with what its disk has. */
export function bootKept(name: string, devices: readonly object[] = []): Promise<Machine> {
  return bootMachine({ name, disk: 'kept', devices });
}

/** A new one of that name with the package and its guests. */
export async function bootFurnished(name: string, furniture: Furniture): Promise<Machine> {
  forgetMachine(name);
  const machine = await bootKept(name, furniture.devices);
  bringPackages(machine, ['old']);
  await furnish(machine, furniture);
  return machine;
}

/**
 * Installs the package that is in the machine, and makes two guests that systemd would kill at the host's end. slow.service, before
 * which no start of guests is over, never ends to start.
 */
async function furnish(machine: Machine, furniture: Furniture): Promise<void> {
  cpSync(MAKER, join(machine.folder, 'share/demo'), { recursive: true });
  mkdirSync(join(machine.folder, ENDED));
  await machine.run(furnishing(furniture));
}

/** Those that have halted in their own way, in order; then nobody has. */
export function endedInTheirOwnWay({ folder }: Machine): readonly string[] {
  const log = join(folder, ENDED, 'log');
  const ended = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  rmSync(log);
  return ended;
}

const NODES = `
root=/proc/$(lxc-info -n scan1 -p -H)/root
find $root/dev/bus $root/dev/adapter $root/dev/scanners -not -type d -printf '%y %m %U:%G\\n' 2>/dev/null | sort || true`;

/** What of its device is in the first guest. */
export async function nodesIn(machine: Machine): Promise<readonly string[]> {
  return (await machine.run(NODES)).split('\n').filter(Boolean);
}

/** A host that is emulated beside others may take ten times as long as it takes alone. */
export const PATIENCE_MS = 900_000;

export async function expectToSay(machine: Machine, command: string, text: string | RegExp): Promise<void> {
  await eventually(async () => expect(await machine.run(command)).toMatch(text), PATIENCE_MS);
}

const furnishing = ({ before = '', rules }: Furniture) => `
set -e
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
${before}
dpkg --unpack ${PACKAGES}/old/*.deb
cat > /etc/hostler/rules/first.yaml <<'RULES'
${rules}RULES
for guest in scan1 web1; do
  ${NODE} -e "import('/share/demo/lxc-guest.ts').then((m) => m.createLxcGuest({ name: '$guest', lxcPath: '/var/lib/lxc' }))" 2> /dev/null
  echo "::shutdown:echo $guest >> /ended/log" >> /var/lib/lxc/$guest/rootfs/etc/inittab
  echo 'lxc.mount.entry = /${ENDED} ended none bind,create=dir' >> /var/lib/lxc/$guest/config
done
echo 'lxc.hook.start-host = /usr/lib/hostler/hostler-hook' >> /var/lib/lxc/scan1/config
dpkg --configure hostler`;

/** What the first rule of the manual is about, plugged in whenever the host boots. */
export const SCANNER = `
cat > /root/scanner <<'PLUG'
#!/bin/sh -e
modprobe dummy_hcd
modprobe libcomposite
mkdir /sys/kernel/config/usb_gadget/epson
cd /sys/kernel/config/usb_gadget/epson
echo 0x04b8 > idVendor
echo 0x011f > idProduct
mkdir configs/c.1 functions/SourceSink.epson
ln -s functions/SourceSink.epson configs/c.1
echo dummy_udc.0 > UDC
PLUG
chmod 755 /root/scanner
cat > /etc/systemd/system/scanner.service <<'UNIT'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/root/scanner
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --quiet --now scanner`;

/**
 * From now on both guests start with the host, with limits. In the next stop of the first both the executor and the agent are killed,
 * while a program in it waits for that; who goes on is written down.
 */
export const START_WITH_HOST = `
set -e
cat > /root/meanwhile <<'MEANWHILE'
#!/bin/sh
guest=/var/lib/lxc/scan1/rootfs/tmp
[ ! -e $guest/killed ] || exit 0
agent() { pgrep -o -f 'hostler.mjs agent$'; }
executor() { pgrep -o -f 'hostler-executor --socket'; }
until [ -e $guest/waits ] && systemctl list-jobs --no-legend | grep -q 'hostler-guests.service *stop'; do sleep 0.2; done
first=$(agent)
before=$(executor)
systemctl kill --signal KILL 'hostler-executor@*'
while [ -z "$(executor)" ] || [ "$(executor)" = "$before" ]; do sleep 0.2; done
echo "executor: $(cat /proc/$(executor)/cgroup)" > /root/killed
systemctl kill --signal KILL hostler
while [ -z "$(agent)" ] || [ "$(agent)" = "$first" ]; do sleep 0.2; done
echo "agent: $(cat /proc/$(agent)/cgroup)" >> /root/killed
touch $guest/killed
MEANWHILE
chmod 755 /root/meanwhile
systemctl enable --quiet slow
cd /etc/hostler
cat > guests/scan1.yaml <<'GUEST'
guest: scan1
policy: small-service
start: { auto: true }
stop:
  timeout: 20m
  before:
    - command: [/usr/bin/systemd-run, --quiet, --property=DefaultDependencies=no, /root/meanwhile]
      where: host
      timeout: 5m
    - command: [/bin/sh, -c, 'touch /tmp/waits; until [ -e /tmp/killed ]; do sleep 1; done']
      timeout: 5m
GUEST
printf 'guest: web1\\nstart: { auto: true, after: [scan1] }\\nstop: { timeout: 4m }\\n' > guests/web1.yaml
cat > policies/small-service.yaml <<'POLICY'
${manualExample('hostler-policies.5')}POLICY`;
