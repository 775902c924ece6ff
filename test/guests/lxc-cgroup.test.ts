import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { candidateCgroups, guestOfCgroup } from '../../src/guests/lxc-cgroup.ts';

function hierarchyWith(...folders: readonly string[]): string {
  const hierarchy = mkdtempSync(join(tmpdir(), 'hostler-cgroups-'));
  onTestFinished(() => rmSync(hierarchy, { recursive: true }));
  for (const folder of folders) mkdirSync(join(hierarchy, folder), { recursive: true });
  return hierarchy;
}

test('a guest is looked for where its LXC puts it: payload, numbered payload, the old place', () => {
  const hierarchy = hierarchyWith('lxc.payload.web-2', 'lxc.payload.web-two', 'lxc.payload.other-1');
  expect(candidateCgroups('web', {}, hierarchy)).toEqual(['/lxc.payload.web', '/lxc.payload.web-2', '/lxc/web']);
});

test('a configured cgroup is the only one', () => {
  expect(candidateCgroups('101', { payloadCgroup: 'lxc/101' }, hierarchyWith())).toEqual(['/lxc/101']);
});

test('a configured folder holds the payload cgroup', () => {
  expect(candidateCgroups('a', { cgroupFolder: 'guests' }, hierarchyWith())).toEqual([
    '/guests/lxc.payload.a',
    '/lxc/a',
  ]);
});

test('only payload cgroups have a guest', () => {
  const isGuest = (name: string) => ['web1', 'web-2'].includes(name);
  expect(guestOfCgroup('lxc.payload.web1', isGuest)).toBe('web1');
  expect(guestOfCgroup('lxc.payload.web1-3', isGuest)).toBe('web1');
  expect(guestOfCgroup('lxc.payload.web-2', isGuest)).toBe('web-2');
  expect(guestOfCgroup('lxc.payload.other', isGuest)).toBeUndefined();
  expect(guestOfCgroup('lxc.monitor.web1', isGuest)).toBeUndefined();
});
