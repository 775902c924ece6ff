import { expect, test } from 'vitest';
import { parseLxcConfig } from '../../src/guests/lxc-config.ts';

test('the last value of a key counts, white space and comments do not', () => {
  const text =
    '# lxc.cgroup.dir.container = no\nlxc.cgroup.dir.container=lxc/1\n  lxc.cgroup.dir.container =  lxc/2  \n';
  expect(parseLxcConfig(text)).toEqual({ payloadCgroup: 'lxc/2' });
});

test('a configuration that says nothing of cgroups asks for the usual ones', () => {
  expect(parseLxcConfig('lxc.uts.name = web1\n')).toEqual({});
});
