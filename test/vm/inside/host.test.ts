import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('systemd is init, and every controller is on cgroup v2', () => {
  expect(readFileSync('/proc/1/comm', 'utf8')).toBe('systemd\n');
  const controllers = readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').split(/\s/);
  expect(controllers).toEqual(expect.arrayContaining(['cpu', 'io', 'memory', 'pids']));
});
