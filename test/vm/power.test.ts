import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ADAPTER } from './adapter.ts';
import { bootFurnished, bootKept, expectToSay, nodesIn, PATIENCE_MS } from './boots-guests.ts';
import { type Machine, removeMachine } from './machine.ts';
import { type Monitor, openMonitor } from './qmp.ts';

const NAME = 'power';
const devices = [ADAPTER];
const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: scan1
  node: { mode: "0640" }
  links: [/dev/adapter]
`;
/** After a change has begun. */
const CUTS_AFTER_MS = [0, 40];
/** Says on the console when the ledger has what is going to be done, and when it is done. */
const TELL = `
touch /run/before
systemd-run --quiet bash -c '
dev=/proc/$(lxc-info -n scan1 -p -H)/root/dev
until [ /run/hostler/guests/scan1.json -nt /run/before ]; do :; done
echo change begun > /dev/ttyS0
until [ -e $dev/adapter ]; do :; done
echo change done > /dev/ttyS0'`;
/** As somebody in the guest left it. */
const OWN = ['c 640 106:107', 'l 777 0:0'];

describe('A host with the package loses its power', () => {
  let machine: Machine;

  const expectNodes = (lines: readonly string[]) =>
    eventually(async () => expect(await nodesIn(machine)).toEqual(lines), PATIENCE_MS);

  beforeAll(async () => {
    machine = await bootFurnished(NAME, { devices, rules: RULES });
  });
  afterAll(() => removeMachine(machine));

  /** Whether it was cut off before the change was done. */
  const cutOff = async (ms: number): Promise<boolean> => {
    const monitor = await openMonitor(machine.qmpSocket);
    await monitor.unplug(ADAPTER.id);
    await expectNodes([]);
    await machine.run(TELL);
    await monitor.execute('device_add', ADAPTER);
    return cutAfterChange(monitor, ms);
  };
  const cutAfterChange = async (monitor: Monitor, ms: number): Promise<boolean> => {
    const said = () => readFileSync(join(machine.folder, 'console.log'), 'utf8');
    await eventually(() => expect(said()).toContain('change begun'), PATIENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await monitor.execute('quit').catch(() => undefined); // it is gone before it can answer
    await machine.end();
    return !said().includes('change done');
  };

  test(`In the middle of a change, ${CUTS_AFTER_MS.length} times: the next boot begins with what is there`, async () => {
    await machine.run('systemctl start lxc@scan1');
    await eventually(async () => expect(await nodesIn(machine)).toHaveLength(2), PATIENCE_MS);
    await machine.run('lxc-attach -n scan1 -- chown 106:107 /dev/adapter');
    await expectToSay(machine, 'grep -rh gid /var/lib/hostler || true', '107');
    await machine.run('sync');
    const cuts: boolean[] = [];
    for (const ms of CUTS_AFTER_MS) {
      cuts.push(await cutOff(ms));
      machine = await bootKept(NAME, devices);
      await machine.run('systemctl start lxc@scan1');
      await expectNodes(OWN);
      const journal = await machine.run('journalctl --unit hostler --output cat');
      expect(new Set(journal.match(/\b[EW]_[A-Z]+/g))).toEqual(new Set(['W_UNCLEAN']));
    }
    expect(cuts).toContain(true);
  });
});
