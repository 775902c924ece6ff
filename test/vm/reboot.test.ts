import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ADAPTER } from './adapter.ts';
import { bringBuild, INSIDE } from './build.ts';
import { bootMachine, type Machine, removeMachine } from './machine.ts';
import { bringPackages, PACKAGES } from './packages.ts';
import { openMonitor } from './qmp.ts';

const PATIENCE_MS = 400_000;
const NODE = '/usr/lib/hostler/node';
/**
 * The guest is started at boot by the host itself, and would be killed by it at the end; it says when it ends in its own way. In its
 * first stop both the executor and the agent are killed; who goes on is written down. slow.service, before which no start of guests is
 * over, never ends to start.
 */
const FURNISH = `
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
dpkg -i ${PACKAGES}/old/*.deb
cat > /etc/hostler/rules/adapter.yaml <<'RULES'
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: box1
  node: { mode: "0640", group: scanner }
  links: [/dev/adapter]
  when: wait 60s
RULES
cat > /etc/hostler/guests/box1.yaml <<'GUEST'
guest: box1
stop: { timeout: 5m, before: [{ command: [/root/meanwhile], where: host, timeout: 50s }] }
GUEST
printf 'policy: small\\nguests: box1\\nprocesses: { limit: 77 }\\n' > /etc/hostler/policies/small.yaml
${NODE} -e "import('${INSIDE}/src/cli/demo/lxc-guest.ts').then((m) => m.createLxcGuest({ name: 'box1', lxcPath: '/var/lib/lxc' }))"
echo '::shutdown:/bin/touch /ended' >> /var/lib/lxc/box1/rootfs/etc/inittab
echo 'lxc.hook.start-host = /usr/lib/hostler/hostler-hook' >> /var/lib/lxc/box1/config
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
systemctl enable --quiet slow
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

  const reboot = async () => {
    const before = await bootId();
    await machine.run('rm -f /var/lib/lxc/box1/rootfs/ended; systemctl reboot').catch(() => undefined); // it may end before its answer
    const [program = '', ...words] = machine.ssh('-O', 'exit');
    spawnSync(program, words, { stdio: 'ignore' }); // the shared one is of no use any more
    await eventually(async () => expect(await bootId()).not.toBe(before), PATIENCE_MS);
  };
  const expectEndedInItsOwnWay = async () =>
    expect(await machine.run('ls /var/lib/lxc/box1/rootfs')).toContain('ended');

  test('Who is logged in sees that a shutdown is delayed', async () => {
    const list = () => machine.run('systemd-inhibit --list --no-pager');
    await eventually(async () => expect(await list()).toMatch(/^hostler .* shutdown .*delay *$/m), PATIENCE_MS);
  });

  test('A guest has ended in its own way although executor and agent were killed; after the boot it has its device and limits', async () => {
    await reboot();
    await expectEndedInItsOwnWay();
    const killed = await machine.run('cat /root/killed');
    expect(killed).toMatch(/^executor: .*hostler-executor/m);
    expect(killed).toMatch(/^agent: .*hostler-guests\.service/m);
    await eventually(async () => expect(await machine.run(LOOK)).toBe(EVERYTHING), PATIENCE_MS);
  });

  test('A guest has ended in its own way although the host went down while others were still being started', async () => {
    const states = () => machine.run('systemctl is-active slow hostler-guests || true');
    await eventually(async () => expect(await states()).toBe('activating\nactive\n'), PATIENCE_MS);
    await reboot();
    await expectEndedInItsOwnWay();
  });
});
