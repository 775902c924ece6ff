import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import {
  bootFurnished,
  endedInTheirOwnWay,
  expectToSay,
  nodesIn,
  PATIENCE_MS,
  START_WITH_HOST,
} from './boots-guests.ts';
import { type Machine, removeMachine } from './machine.ts';

const NAME = 'boots';
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

  const expectSaid = (command: string, text: string | RegExp) => expectToSay(machine, command, text);

  beforeAll(async () => {
    machine = await bootFurnished(NAME);
  });
  afterAll(() => removeMachine(machine));

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
    await machine.run('systemctl start lxc@box1');
    await machine.run(START_WITH_HOST);
    await expectSaid('cat /sys/fs/cgroup/lxc.payload.box1/pids.max', /^512$/m);
    // An agent that has just begun has limited it before it says that it is ready, and guests are its own at the host's end from then on.
    await expectSaid('systemctl is-active hostler hostler-guests || true', 'active\nactive\n');
    await reboot();
    expect(endedInTheirOwnWay(machine)).toEqual(['box1']);
    const killed = await machine.run('cat /root/killed');
    expect(killed).toMatch(/^executor: .*hostler-executor/m);
    expect(killed).toMatch(/^agent: .*hostler-guests\.service/m);
    await expectSaid(EVERYTHING, 'active\nactive\nactive\nin order\n512\n');
    expect(await nodesIn(machine)).toEqual(['c 640 0:0', 'l 777 0:0']);
  });

  test('Guests have ended in their own way, in order, although the host went down while it was still booting', async () => {
    await expectSaid('systemctl is-active slow hostler-guests || true', 'activating\nactive\n');
    await machine.run('systemctl poweroff').catch(() => undefined); // it may end before its answer
    await eventually(() => expect(existsSync(`/proc/${machine.pid}`)).toBe(false), PATIENCE_MS);
    expect(endedInTheirOwnWay(machine)).toEqual(['box2', 'box1']);
  });
});
