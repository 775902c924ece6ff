import { expect, test } from 'vitest';
import { hasMount, mountOf, mountsOf } from '../../src/guests/mounts.ts';

const HOST = `22 1 254:0 / / rw - ext4 /dev/vda rw
29 22 0:20 / /run rw - tmpfs old rw
30 29 0:24 / /run rw shared:12 - tmpfs tmpfs rw
31 30 0:30 /part /run/user rw - tmpfs tmpfs rw
`;

test('a folder is named by its file system and its place there', () => {
  expect(mountOf('/run/systemd/nspawn/propagate/m1', HOST)).toEqual({
    device: '0:24',
    root: '/systemd/nspawn/propagate/m1',
  });
  expect(mountOf('/run/user/m1', HOST)).toEqual({ device: '0:30', root: '/part/m1' });
  expect(mountOf('/runner/m1', HOST)).toEqual({ device: '254:0', root: '/runner/m1' });
  expect(mountOf('/run', '')).toBeUndefined();
});

test('a process has it mounted or not, and one that ended has nothing', () => {
  const mounts = mountsOf(process.pid);
  expect(hasMount(mounts, { device: '0:999999', root: '/' })).toBe(false);
  expect(mountsOf(0)).toEqual([]);
  const here = mountOf('/proc') ?? { device: '', root: '' };
  expect(hasMount(mounts, { ...here, root: '/' })).toBe(true);
});
