import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ADAPTER } from './adapter.ts';
import { endedInTheirOwnWay, furnish, START_WITH_HOST } from './boots-guests.ts';
import { bootMachine, forgetMachine, type Machine, removeMachine } from './machine.ts';
import { bringPackages } from './packages.ts';
import { type Monitor, openMonitor } from './qmp.ts';

const NAME = 'boots';
const PATIENCE_MS = 400_000;
/** After a change has begun. */
const CUTS_AFTER_MS = [0, 40];
/** Says on the console when the ledger has what is going to be done, and when it is done. */
const TELL = `
touch /run/before
systemd-run --quiet bash -c '
dev=/proc/$(lxc-info -n box1 -p -H)/root/dev
until [ /run/hostler/guests/box1.json -nt /run/before ]; do :; done
echo change begun > /dev/ttyS0
until [ -e $dev/adapter ]; do :; done
echo change done > /dev/ttyS0'`;
const NODES = `
root=/proc/$(lxc-info -n box1 -p -H)/root
find $root/dev/bus $root/dev/adapter -not -type d -printf '%y %m %U:%G\\n' 2>/dev/null | sort || true`;
/** As somebody in the guest left it. */
const OWN = ['c 640 106:107', 'l 777 0:0'];
/** What costs least comes first. */
const EVERYTHING = `
set -e
systemctl is-active hostler lxc@box1 lxc@box2
born() { cut -d ' ' -f 22 /proc/$(lxc-info -n $1 -p -H)/stat; }
[ $(born box1) -lt $(born box2) ] && echo in order
cat /sys/fs/cgroup/lxc.payload.box1/pids.max
hostler status -q > /dev/null`;

describe('A host with the package ends and boots', () => {
  let machine: Machine;

  const nodes = async () => (await machine.run(NODES)).split('\n').filter(Boolean);
  const expectNodes = (lines: readonly string[]) =>
    eventually(async () => expect(await nodes()).toEqual(lines), PATIENCE_MS);
  const expectSaid = (command: string, text: string | RegExp) =>
    eventually(async () => expect(await machine.run(command)).toMatch(text), PATIENCE_MS);
  const boot = async () => {
    machine = await bootMachine({ name: NAME, disk: 'kept', devices: [ADAPTER] });
  };

  beforeAll(async () => {
    forgetMachine(NAME);
    await boot();
    bringPackages(machine, ['old']);
    await furnish(machine);
  });
  afterAll(() => removeMachine(machine));

  test('Who is logged in sees that a shutdown is delayed', () =>
    expectSaid('systemd-inhibit --list --no-pager', /^hostler .* shutdown .*delay *$/m));

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

  test(`The power is cut in the middle of a change, ${CUTS_AFTER_MS.length} times: the next boot begins with what is there`, async () => {
    await machine.run('systemctl start lxc@box1');
    await eventually(async () => expect(await nodes()).toHaveLength(2), PATIENCE_MS);
    await machine.run('lxc-attach -n box1 -- chown 106:107 /dev/adapter');
    await expectSaid('grep -rh gid /var/lib/hostler || true', '107');
    await machine.run('sync');
    const cuts: boolean[] = [];
    for (const ms of CUTS_AFTER_MS) {
      cuts.push(await cutOff(ms));
      await boot();
      await machine.run('systemctl start lxc@box1');
      await expectNodes(OWN);
      const journal = await machine.run('journalctl --unit hostler --output cat');
      expect(new Set(journal.match(/\b[EW]_[A-Z]+/g))).toEqual(new Set(['W_UNCLEAN']));
    }
    expect(cuts).toContain(true);
  });

  const reboot = async () => {
    const bootId = () => machine.run('cat /proc/sys/kernel/random/boot_id');
    const before = await bootId();
    await machine.run('systemctl reboot').catch(() => undefined); // it may end before its answer
    const [program = '', ...words] = machine.ssh('-O', 'exit');
    spawnSync(program, words, { stdio: 'ignore' }); // the shared one is of no use any more
    await eventually(async () => expect(await bootId()).not.toBe(before), PATIENCE_MS);
  };

  test('A guest has ended in its own way although executor and agent were killed; guests start with the host, in order, with devices and limits', async () => {
    await machine.run(START_WITH_HOST);
    await expectSaid('cat /sys/fs/cgroup/lxc.payload.box1/pids.max', /^77$/m);
    await reboot();
    expect(endedInTheirOwnWay(machine)).toEqual(['box1']);
    const killed = await machine.run('cat /root/killed');
    expect(killed).toMatch(/^executor: .*hostler-executor/m);
    expect(killed).toMatch(/^agent: .*hostler-guests\.service/m);
    await expectSaid(EVERYTHING, 'active\nactive\nactive\nin order\n77\n');
    expect(await nodes()).toEqual(OWN);
  });

  test('Guests have ended in their own way, in order, although the host went down while it was still booting', async () => {
    await expectSaid('systemctl is-active slow hostler-guests || true', 'activating\nactive\n');
    await machine.run('systemctl poweroff').catch(() => undefined); // it may end before its answer
    await eventually(() => expect(existsSync(`/proc/${machine.pid}`)).toBe(false), PATIENCE_MS);
    expect(endedInTheirOwnWay(machine)).toEqual(['box2', 'box1']);
  });
});
