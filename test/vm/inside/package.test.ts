import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLxcGuest, type LxcGuest } from '../../../src/cli/demo/lxc-guest.ts';
import { startTime } from '../../kernel/start-time.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { guestView } from '../../scenarios/guest-view.ts';
import { atShutdown } from '../../scenarios/own-init.ts';
import { LEAVINGS, NOTE_FILES } from '../leavings.ts';
import { manualExample } from '../manual-example.ts';
import { createGadget, type Gadget } from './gadget.ts';
import { inFlight } from './in-flight.ts';
import { attribute, usbFolders, usbNode } from './sysfs.ts';

const PACKAGES = '/share/packages';
const LXC = '/var/lib/lxc';
/** What the guest had of it when its init halted. */
const AT_HALT = `${LXC}/scan1/rootfs/tmp/at-halt`;
const GROUP_SCANNER = 107;

const run = (program: string, ...words: string[]) => execFileSync(program, words, { encoding: 'utf8' });
const shell = (command: string) => run('sh', '-c', command);
const hostler = (...words: string[]) => run('hostler', ...words);
const packageOf = (which: 'old' | 'new') => {
  const folder = join(PACKAGES, which);
  if (!existsSync(folder)) throw new Error('npm run vm -- package brings the packages in');
  return join(folder, readdirSync(folder)[0] ?? '');
};

describe('the package', () => {
  let guest: LxcGuest;
  let scanner: Gadget;
  let init: number;
  let born: bigint;

  beforeAll(async () => {
    shell(NOTE_FILES);
    run('dpkg', '-i', packageOf('old'));
    writeFileSync('/etc/hostler/rules/scanner.yaml', manualExample('hostler-rules.5'));
    const policy = manualExample('hostler-policies.5').replace('guests: web*', 'guests: scan1');
    writeFileSync('/etc/hostler/policies/small-service.yaml', policy);
    guest = createLxcGuest({ name: 'scan1', lxcPath: LXC });
    atShutdown(join(LXC, 'scan1'), 'echo "at halt:" > /tmp/at-halt; find /dev/bus /dev/scanners >> /tmp/at-halt');
    await guest.start();
    init = await guest.initPid();
    born = startTime(init);
    scanner = createGadget({ name: 'epson', vendor: 0x04b8, product: 0x011f, functions: ['SourceSink'] });
    scanner.plug();
  });
  afterAll(async () => {
    scanner?.destroy();
    await guest?.destroy();
    run('dpkg', '--purge', 'hostler');
  });

  /** The guest that was started at first, with what the examples of the manual give it. */
  const isLookedAfter = () => eventually(hasAll);
  // What a look costs least comes first: each look at the command is dear.
  const hasAll = () => {
    expect(startTime(init)).toBe(born);
    const inside = guestView(init);
    const node = usbNode(usbFolders().find((folder) => attribute(folder, 'idVendor') === '04b8') ?? '');
    expect(inside.link('/dev/scanners/front')).toBe(node);
    expect(inside.node(node)).toMatch(new RegExp(`^c:189:\\d+ 0660 0:${GROUP_SCANNER}$`));
    expect(inside.names().filter((name) => /^bus\/usb\/\d+\/\d+$/.test(name))).toEqual([node.slice('/dev/'.length)]);
    expect(readFileSync('/sys/fs/cgroup/lxc.payload.scan1/pids.max', 'utf8')).toBe('512\n');
    expect(existsSync('/run/hostler/control.sock')).toBe(true);
    expect(run('systemctl', 'is-active', 'hostler')).toBe('active\n');
    expect(hostler('status', '--quiet')).toMatch(/^converged +yes$/m);
  };

  test('looks after a guest at once, with what the examples of the manual say, and leaves words in the journal', async () => {
    await isLookedAfter();
    expect(hostler('devices', 'scan1', '--no-legend')).toContain('04b8:011f');
    expect(run('journalctl', '--unit', 'hostler', '--output', 'cat')).toContain('scan1: runs, init is process');
    expect(run('journalctl', '--list-catalog')).toContain('Guest @HOSTLER_GUEST@: alert about');
    await eventually(() =>
      expect(run('systemctl', 'show', '--property', 'StatusText', 'hostler')).toContain('1 guests run, 1 nodes'),
    );
  });

  test('sends alerts through a program that may what the service may not', async () => {
    writeFileSync('/root/page', '#!/bin/sh\ncat > "/root/paged-$HOSTLER_STATUS"\n', { mode: 0o755 });
    writeFileSync('/etc/hostler/hostler.yaml', 'alerts: { sinks: [{ command: [/root/page] }] }\n');
    run('systemctl', 'reload', 'hostler');
    hostler('alerts', 'test');
    expect(readFileSync('/root/paged-firing', 'utf8')).toContain('"alertname"');
  });

  test('runs an agent without a capability, and an executor beside whose cgroup has nothing of a guest', async () => {
    const pid = run('systemctl', 'show', '--property', 'MainPID', '--value', 'hostler').trim();
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^CapBnd:\s+0+$/m);
    const cgroup = readFileSync(`/proc/${init}/cgroup`, 'utf8');
    expect(cgroup).not.toContain('hostler');
  });

  test.each([
    ['a kill of the agent', () => run('systemctl', 'kill', '--signal', 'KILL', 'hostler')],
    ['a kill of the executor', () => run('systemctl', 'kill', '--signal', 'KILL', 'hostler-executor@*')],
    ['an upgrade', () => run('dpkg', '-i', packageOf('new'))],
    ['a downgrade', () => run('dpkg', '-i', packageOf('old'))],
  ])(
    'leaves guests alone in %s: what is plugged, stopped and started meanwhile comes to its end',
    async (_what, happen) => {
      const lives = await inFlight();
      try {
        scanner.unplug();
        happen();
        scanner.plug();
        await isLookedAfter();
        await lives.goOn();
        await lives.finish();
      } finally {
        await lives.destroy();
      }
    },
  );

  test('takes the scanner from a guest before it halts, and gives it back with its next start', async () => {
    hostler('stop', 'scan1');
    expect(readFileSync(AT_HALT, 'utf8')).toMatch(/^at halt:\n(\/dev\/(scanners|bus(\/usb(\/\d+)?)?)\n)*$/);
    hostler('start', 'scan1');
    init = await guest.initPid();
    born = startTime(init);
    await isLookedAfter();
  });

  test('leaves nothing behind when it is purged but what the guest has', async () => {
    run('dpkg', '--remove', 'hostler');
    expect(existsSync('/etc/hostler/rules/scanner.yaml')).toBe(true);
    expect(startTime(init)).toBe(born);
    run('dpkg', '--purge', 'hostler');
    expect(startTime(init)).toBe(born);
    expect(existsSync(`/proc/${init}/root/dev/scanners/front`)).toBe(true);
    expect(shell(LEAVINGS)).toBe('');
  });
});
