import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseLxcConfig, readLxcConfig } from '../../src/guests/lxc-config.ts';

const allowed = (...lines: string[]) =>
  parseLxcConfig(lines.map((line) => `lxc.cgroup2.devices.${line}`).join('\n')).devices;

test('a configuration without device lines has no policy', () => {
  expect(parseLxcConfig('lxc.cgroup.devices.deny = a\n').devices).toBeUndefined();
});

test('what is allowed after everything was denied is what a guest may open', () => {
  expect(allowed('deny = a', 'allow = c 1:3 rwm', 'allow = b *:* m', 'allow = c 136:* wr')).toEqual([
    { number: 'c:1:3', access: 'rwm' },
    { number: 'b:*:*', access: 'm' },
    { number: 'c:136:*', access: 'rw' },
  ]);
});

test('lines are taken in order: what is denied later is not allowed', () => {
  expect(allowed('allow = c 1:3 rwm', 'allow = c 1:5 r', 'deny = c 1:3 rwm')).toEqual([
    { number: 'c:1:5', access: 'r' },
  ]);
  expect(allowed('allow = c 1:3 rwm', 'deny = a')).toEqual([]);
  // The first line that fits counts.
  expect(allowed('allow = c 1:3 rwm', 'deny = c 1:3 m')).toEqual([{ number: 'c:1:3', access: 'rwm' }]);
  expect(allowed('allow = a')).toEqual([{ number: 'a:*:*', access: 'rwm' }]);
});

test('everything but some devices cannot be said as a list, and is not made into everything', () => {
  expect(allowed('allow = a', 'deny = c 1:11 rwm', 'deny = b *:* rwm')).toBeUndefined();
  expect(allowed('allow = a', 'deny = a', 'allow = c 1:3 r')).toBeUndefined();
});

test('an empty value takes the lines of its key back, as for guests with a user namespace', () => {
  expect(allowed('deny = a', 'allow = c 1:3 rwm', 'deny =', 'allow =')).toBeUndefined();
});

test.each(['c 1:3', 'c 1:3 x', 'x 1:3 r', 'c 1 r', 'c -1:3 r'])('a line that says "%s" allows nothing', (value) => {
  expect(allowed('deny = a', `allow = ${value}`)).toEqual([]);
});

test('what a configuration includes counts where it stands, a folder by its .conf files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-lxc-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const line = (number: string) => `lxc.cgroup2.devices.allow = c ${number} r\n`;
  writeFileSync(join(folder, 'b.conf'), line('1:5'));
  writeFileSync(join(folder, 'a.conf'), `${line('1:3')}lxc.include = ${folder}/a.conf\n`);
  writeFileSync(join(folder, 'notes'), line('1:1'));
  writeFileSync(join(folder, 'config'), `lxc.cgroup2.devices.deny = a\nlxc.include = ${folder}\n`);
  const numbers = new Set(readLxcConfig(join(folder, 'config'))?.devices?.map(({ number }) => number));
  expect(numbers).toEqual(new Set(['c:1:3', 'c:1:5']));
});

test.skipIf(!existsSync('/usr/share/lxc/config/common.conf'))("LXC's own common.conf allows null and no disk", () => {
  const numbers = readLxcConfig('/usr/share/lxc/config/common.conf')?.devices?.map(({ number }) => number);
  expect(numbers).toContain('c:1:3');
  expect(numbers?.filter((number) => number.startsWith('b:'))).toEqual(['b:*:*']); // mknod only
});
