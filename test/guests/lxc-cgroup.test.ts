import { expect, test } from 'vitest';
import { candidateCgroups, guestOfCgroup } from '../../src/guests/lxc-cgroup.ts';

const foldersWith =
  (...folders: readonly string[]) =>
  (folder: string): readonly string[] =>
    folder === '' ? folders : [];

test('a guest is looked for where its LXC puts it: payload, numbered payload, the old place', () => {
  const folders = foldersWith('lxc.payload.web-2', 'lxc.payload.web-two', 'lxc.payload.other-1');
  expect(candidateCgroups('web', {}, folders)).toEqual(['/lxc.payload.web', '/lxc.payload.web-2', '/lxc/web']);
});

test('a configured cgroup is the only one', () => {
  expect(candidateCgroups('101', { payloadCgroup: 'lxc/101' }, foldersWith())).toEqual(['/lxc/101']);
});

test('a configured folder holds the payload cgroup', () => {
  expect(candidateCgroups('a', { cgroupFolder: 'guests' }, foldersWith())).toEqual(['/guests/lxc.payload.a', '/lxc/a']);
});

test('only payload cgroups have a guest', () => {
  const isGuest = (name: string) => ['web1', 'web-2'].includes(name);
  expect(guestOfCgroup('lxc.payload.web1', isGuest)).toBe('web1');
  expect(guestOfCgroup('lxc.payload.web1-3', isGuest)).toBe('web1');
  expect(guestOfCgroup('lxc.payload.web-2', isGuest)).toBe('web-2');
  expect(guestOfCgroup('lxc.payload.other', isGuest)).toBeUndefined();
  expect(guestOfCgroup('lxc.monitor.web1', isGuest)).toBeUndefined();
});
