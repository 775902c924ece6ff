import { expect, test } from 'vitest';
import { keepsGrants, serviceOf } from '../../src/agent/kept-grants.ts';

test.each([
  ['/machine.slice/systemd-nspawn@m1.service', true],
  ['/machine.slice/machine-m1.scope', true],
  ['/lxc.payload.web1', false],
  ['/system.slice/lxc.service/lxc.payload.web1', false],
])('a guest in %s: %s', (cgroup, kept) => {
  const instance = { pid: 1, startTime: '1', cgroup };
  expect(keepsGrants({ name: 'm1', runtime: 'nspawn', instance })).toBe(kept);
  expect(keepsGrants({ name: 'm1', runtime: 'nspawn' })).toBe(false);
});

test.each([
  ['/machine.slice/systemd-nspawn@m1.service', true],
  ['/machine.slice/machine-m1.scope', false],
])('%s may be started again: %s', (cgroup, may) => {
  expect(serviceOf({ pid: 1, startTime: '1', cgroup })).toBe(may ? cgroup : undefined);
  expect(serviceOf(undefined)).toBe(undefined);
});
