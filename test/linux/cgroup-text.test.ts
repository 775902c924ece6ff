import { expect, test } from 'vitest';
import { cgroupsOf, diskLines, flatNumbers, limitValue, oneNumber } from '../../src/linux/cgroup-text.ts';

test('numbers by name, none of a file that is not there', () => {
  expect(flatNumbers('low 0\nhigh 12\noom_kill 3').get('high')).toBe(12);
  expect(flatNumbers(undefined).size).toBe(0);
});

test.each([
  ['4096', 4096],
  ['max', undefined],
  ['', undefined],
  [undefined, undefined],
])('the one number of %j is %j', (text, number) => {
  expect(oneNumber(text)).toBe(number);
});

test('a control file with a line for each disk holds what its first line says', () => {
  expect(limitValue('default 100\n8:0 50')).toBe('default 100');
});

test('a cgroup may have a colon in its name', () => {
  const cgroups = cgroupsOf('4:cpu,cpuacct:/a:b\n0::/c\n');
  expect(cgroups.get('cpuacct')).toBe('/a:b');
  expect(cgroups.get('')).toBe('/c');
});

test('a file with a line for each disk is taken apart, and what is no such line is left out', () => {
  expect(diskLines('io.max', '8:0 rbps=5 wbps=max riops=max wiops=max\n7:3 rbps=max')).toEqual([
    ['io.max 8:0', 'rbps=5 wbps=max riops=max wiops=max'],
    ['io.max 7:3', 'rbps=max'],
  ]);
  expect(diskLines('io.max', '')).toEqual([]);
  expect(diskLines('io.max', 'Total 5')).toEqual([]);
});
