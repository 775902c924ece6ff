import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { bringBuild, INSIDE } from './build.ts';
import { bootMachine, forgetMachine, type Machine, removeMachine } from './machine.ts';
import { type Monitor, openMonitor } from './qmp.ts';

/** From QEMU's plug to the node it takes the machine about half a second. */
const CUTS_AFTER_MS = [400, 520];
const PATIENCE_MS = 120_000;
const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: power
  links: [/dev/adapter]
`;
const ADAPTER = {
  driver: 'usb-serial',
  id: 'adapter',
  bus: 'xhci.0',
  port: '1',
  chardev: 'nobody',
  'always-plugged': true,
};
const NODE = `${INSIDE}/node_modules/.bin/node`;
const FURNISH = `
set -e
mkdir -p /root/etc/rules
printf 'lxcPath: /root/lxc\\n' > /root/etc/hostler.yaml
cat > /root/etc/rules/test.yaml <<'RULES'
${RULES}RULES
${NODE} -e "import('${INSIDE}/src/cli/demo/lxc-guest.ts').then((m) => m.createLxcGuest({ name: 'power', lxcPath: '/root/lxc' }))"
sync`;
const START = `
set -e
systemd-run --quiet --unit=hostler-test -p Type=notify -p NotifyAccess=all \\
  ${INSIDE}/bin/hostler agent --config /root/etc --state /root/lib
lxc-start -P /root/lxc -n power`;
const LOOK = `
root=/proc/$(lxc-info -P /root/lxc -n power -p -H)/root
find $root/dev/bus $root/dev/adapter -not -type d -printf '%y %m %U:%G\\n' 2>/dev/null | sort || true`;
/** As somebody in the guest left it. */
const OWN = ['c 640 106:107', 'l 777 0:0'];

describe('Power loss: the host is cut off in the middle of a change', () => {
  let machine: Machine;

  const boot = async () => {
    machine = await bootMachine({ name: 'power', disk: 'kept' });
    await bringBuild(machine);
  };
  const seen = async () => (await machine.run(LOOK)).split('\n').filter(Boolean);
  const expectSeen = (lines: readonly string[]) =>
    eventually(async () => expect(await seen()).toEqual(lines), PATIENCE_MS);
  const plug = async () => {
    const monitor = await openMonitor(machine.qmpSocket);
    await monitor.execute('device_add', ADAPTER);
    return monitor;
  };

  const unplug = async (monitor: Monitor) => {
    await monitor.unplug(ADAPTER.id);
    await expectSeen([]);
    monitor.close();
  };

  beforeAll(async () => {
    forgetMachine('power');
    await boot();
    await machine.run(FURNISH);
    await machine.run(START);
    const monitor = await plug();
    await eventually(async () => expect(await seen()).toHaveLength(2), PATIENCE_MS);
    await machine.run('lxc-attach -P /root/lxc -n power -- sh -c "chown 106:107 /dev/adapter; chmod 640 /dev/adapter"');
    await eventually(
      async () => expect(await machine.run('grep -rh gid /root/lib || true')).toContain('107'),
      PATIENCE_MS,
    );
    await machine.run('sync');
    await unplug(monitor);
  });
  afterAll(() => removeMachine(machine));

  test.each(CUTS_AFTER_MS)('%i ms after a plug: the next boot begins with what is there', async (ms) => {
    const monitor = await plug();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await monitor.execute('quit').catch(() => undefined); // it is gone before it can answer
    await machine.end();

    await boot();
    const next = await plug();
    await machine.run(START);
    await expectSeen(OWN);
    const journal = await machine.run('journalctl --unit hostler-test --output cat');
    expect(journal).not.toMatch(/[EW]_[A-Z]+/);
    await unplug(next);
  });
});
