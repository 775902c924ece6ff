import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ADAPTER } from './adapter.ts';
import { bringBuild, INSIDE } from './build.ts';
import { bootMachine, type Machine, removeMachine } from './machine.ts';
import { bringPackages, PACKAGES } from './packages.ts';
import { openMonitor } from './qmp.ts';

const PATIENCE_MS = 180_000;
const NODE = '/usr/lib/hostler/node';
/** The guest is started at boot by the host itself, and would be killed by it at the end; it says when it ends in its own way. */
const FURNISH = `
set -e
dpkg -i ${PACKAGES}/old/*.deb
cat > /etc/hostler/rules/adapter.yaml <<'RULES'
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: box1
  node: { mode: "0640", group: scanner }
  links: [/dev/adapter]
RULES
printf 'policy: small\\nguests: box1\\nprocesses: { limit: 77 }\\n' > /etc/hostler/policies/small.yaml
${NODE} -e "import('${INSIDE}/src/cli/demo/lxc-guest.ts').then((m) => m.createLxcGuest({ name: 'box1', lxcPath: '/var/lib/lxc' }))"
echo '::shutdown:/bin/touch /ended' >> /var/lib/lxc/box1/rootfs/etc/inittab
cat > /etc/systemd/system/box1.service <<'UNIT'
[Unit]
After=hostler.service
Before=hostler-guests.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/lxc-start -n box1
ExecStop=/usr/bin/lxc-stop -n box1 -k
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --quiet --now box1`;
const LOOK = `
set -e
systemctl is-active hostler
pid=$(lxc-info -n box1 -p -H)
stat -L -c '%F %a %u:%g' /proc/$pid/root$(readlink /proc/$pid/root/dev/adapter)
cat /sys/fs/cgroup/lxc.payload.box1/pids.max
hostler status -q > /dev/null`;
const EVERYTHING = 'active\ncharacter special file 640 0:107\n77\n';

describe('The host is rebooted after the package was installed', () => {
  let machine: Machine;
  const bootId = () => machine.run('cat /proc/sys/kernel/random/boot_id');

  beforeAll(async () => {
    machine = await bootMachine({ name: 'reboot' });
    bringPackages(machine, ['old']);
    await bringBuild(machine);
    await machine.run(FURNISH);
    const monitor = await openMonitor(machine.qmpSocket);
    await monitor.execute('device_add', ADAPTER);
    monitor.close();
  });
  afterAll(() => removeMachine(machine));

  test('A guest has ended in its own way; the service is there by itself, and the guest has its device and limits', async () => {
    const before = await bootId();
    await machine.run('systemctl reboot').catch(() => undefined); // the connection may end before its answer
    const [program = '', ...words] = machine.ssh('-O', 'exit');
    spawnSync(program, words, { stdio: 'ignore' }); // the shared one is of no use any more
    await eventually(async () => expect(await bootId()).not.toBe(before), PATIENCE_MS);
    expect(await machine.run('ls /var/lib/lxc/box1/rootfs')).toContain('ended');
    await eventually(async () => expect(await machine.run(LOOK)).toBe(EVERYTHING), PATIENCE_MS);
  });
});
