import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ADAPTER } from './adapter.ts';
import { bringBuild, INSIDE } from './build.ts';
import { bootMachine, forgetMachine, type Machine, removeMachine } from './machine.ts';
import { type Monitor, openMonitor } from './qmp.ts';

/** After a change has begun. */
const CUTS_AFTER_MS = [0, 40];
const PATIENCE_MS = 120_000;
const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: power
  links: [/dev/adapter]
`;
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
/** Says on the console when the ledger has what is going to be done, and when it is done. */
const TELL = `
touch /run/before
systemd-run --quiet bash -c '
dev=/proc/$(lxc-info -P /root/lxc -n power -p -H)/root/dev
until [ /run/hostler/guests/power.json -nt /run/before ]; do :; done
echo change begun > /dev/ttyS0
until [ -e $dev/adapter ]; do :; done
echo change done > /dev/ttyS0'`;
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

  /** Whether it was cut off before the change was done. */
  const cutOff = async (ms: number): Promise<boolean> => {
    await machine.run(TELL);
    const said = () => readFileSync(join(machine.folder, 'console.log'), 'utf8');
    const monitor = await plug();
    await eventually(() => expect(said()).toContain('change begun'), PATIENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await monitor.execute('quit').catch(() => undefined); // it is gone before it can answer
    await machine.end();
    return !said().includes('change done');
  };

  test(`${CUTS_AFTER_MS.length} times: the next boot begins with what is there`, async () => {
    const cuts: boolean[] = [];
    for (const ms of CUTS_AFTER_MS) {
      cuts.push(await cutOff(ms));
      await boot();
      const next = await plug();
      await machine.run(START);
      await expectSeen(OWN);
      const journal = await machine.run('journalctl --unit hostler-test --output cat');
      expect(new Set(journal.match(/\b[EW]_[A-Z]+/g))).toEqual(new Set(['W_UNCLEAN']));
      await unplug(next);
    }
    expect(cuts).toContain(true);
  });
});
