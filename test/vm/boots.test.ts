import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import {
  bootFurnished,
  bootKept,
  endedInTheirOwnWay,
  expectToSay,
  nodesIn,
  PATIENCE_MS,
  SCANNER,
  START_WITH_HOST,
} from './boots-guests.ts';
import { LEAVINGS, NOTE_FILES } from './leavings.ts';
import { type Machine, removeMachine } from './machine.ts';
import { manualExample } from './manual-example.ts';

const NAME = 'boots';
const BORN = `
set -e
born() { cut -d ' ' -f 22 /proc/$(lxc-info -n $1 -p -H)/stat; }`;
/** What costs least comes first. */
const EVERYTHING = `${BORN}
systemctl is-active hostler lxc@scan1 lxc@web1
[ $(born scan1) -lt $(born web1) ] && echo in order
cat /sys/fs/cgroup/lxc.payload.scan1/pids.max /sys/fs/cgroup/lxc.payload.web1/pids.max
hostler status -q > /dev/null`;
/** When both have begun, what the first has by its policy, and its scanner, opened under the name that its rule says. */
const WHAT_THEY_HAVE = `${BORN}
born scan1
born web1
cat /sys/fs/cgroup/lxc.payload.scan1/pids.max
device=$(dirname $(grep -l 04b8 /sys/bus/usb/devices/*/idVendor))
link=/proc/$(lxc-info -n scan1 -p -H)/root/dev/scanners/front
[ $(readlink $link) = /dev/bus/usb/$(printf '%03d/%03d' $(cat $device/busnum $device/devnum)) ]
lxc-attach -n scan1 -- sh -c ': < /dev/scanners/front'`;
const NODES = ['c 660 0:107', 'l 777 0:0'];

describe('A host with the package ends and boots', () => {
  let machine: Machine;

  const expectSaid = (command: string, text: string | RegExp) => expectToSay(machine, command, text);

  beforeAll(async () => {
    machine = await bootFurnished(NAME, {
      before: `${SCANNER}\n${NOTE_FILES}`,
      rules: manualExample('hostler-rules.5'),
    });
  });
  afterAll(() => removeMachine(machine));

  const expectEverything = async () => {
    await expectSaid(EVERYTHING, 'active\nactive\nactive\nin order\n512\n512\n');
    await eventually(async () => expect(await nodesIn(machine)).toEqual(NODES), PATIENCE_MS);
  };

  test('Who is logged in sees that a shutdown is delayed', () =>
    expectSaid('systemd-inhibit --list --no-pager', /^hostler .* shutdown .*delay *$/m));

  const reboot = async () => {
    const bootId = () => machine.run('cat /proc/sys/kernel/random/boot_id');
    const before = await bootId();
    await machine.run('systemctl reboot').catch(() => undefined); // it may end before its answer
    const [program = '', ...words] = machine.ssh('-O', 'exit');
    spawnSync(program, words, { stdio: 'ignore' }); // the shared one is of no use any more
    await eventually(async () => expect(await bootId()).not.toBe(before), PATIENCE_MS);
  };

  test('A guest has ended in its own way although executor and agent were killed; guests start with the host, in order, with devices and limits', async () => {
    await machine.run('systemctl start lxc@scan1');
    await machine.run(START_WITH_HOST);
    await expectSaid('cat /sys/fs/cgroup/lxc.payload.scan1/pids.max', /^512$/m);
    // An agent that has just begun has limited it before it says that it is ready, and guests are its own at the host's end from then on.
    await expectSaid('systemctl is-active hostler hostler-guests || true', 'active\nactive\n');
    await reboot();
    expect(endedInTheirOwnWay(machine)).toEqual(['scan1']);
    const killed = await machine.run('cat /root/killed');
    expect(killed).toMatch(/^executor: .*hostler-executor/m);
    expect(killed).toMatch(/^agent: .*hostler-guests\.service/m);
    await expectEverything();
  });

  test('Guests have ended in their own way, in order, although the host went down while it was still booting', async () => {
    await expectSaid('systemctl is-active slow hostler-guests || true', 'activating\nactive\n');
    await machine.run('systemctl disable --quiet slow'); // the next boot comes to its end
    await machine.run('systemctl poweroff').catch(() => undefined); // it may end before its answer
    await eventually(() => expect(existsSync(`/proc/${machine.pid}`)).toBe(false), PATIENCE_MS);
    expect(endedInTheirOwnWay(machine)).toEqual(['web1', 'scan1']);
  });

  test('Everything is back once more, and guests run on with it when the package is purged, which leaves nothing else behind', async () => {
    machine = await bootKept(NAME);
    await expectEverything();
    const had = await machine.run(WHAT_THEY_HAVE);
    await machine.run('dpkg --purge hostler');
    expect(await machine.run(WHAT_THEY_HAVE)).toBe(had);
    expect(await nodesIn(machine)).toEqual(NODES);
    await expectSaid(LEAVINGS, /^$/);
  });
});
