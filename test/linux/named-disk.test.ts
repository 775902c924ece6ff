import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { namedDisk } from '../../src/linux/named-disk.ts';

const read = (path: string) => readFileSync(path, 'utf8').trim();
const [disk] = readdirSync('/sys/block');
const parts = readdirSync('/sys/class/block').filter((name) => hasFile(name, 'partition'));

function hasFile(name: string, file: string): boolean {
  return readdirSync(`/sys/class/block/${name}`).includes(file);
}

test.skipIf(disk === undefined)('a disk is found by its name and by a link to it', () => {
  const number = read(`/sys/block/${disk}/dev`);
  const folder = mkdtempSync(join(tmpdir(), 'hostler-disk-'));
  symlinkSync(`/dev/${disk}`, join(folder, 'by-id'));
  expect(namedDisk(`/dev/${disk}`)).toEqual({ kind: 'disk', number });
  expect(namedDisk(join(folder, 'by-id'))).toEqual({ kind: 'disk', number });
  rmSync(folder, { recursive: true });
});

test.skipIf(parts.length === 0)('of a partition its disk is named', () => {
  const [part = ''] = parts;
  const whole = readdirSync('/sys/block').find((name) => readdirSync(`/sys/block/${name}`).includes(part));
  expect(namedDisk(`/dev/${part}`)).toEqual({ kind: 'partition', of: `/dev/${whole}` });
});

test('what is no disk, or is not there, is absent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-disk-'));
  symlinkSync('circle', join(folder, 'circle'));
  for (const name of ['/dev/null', '/dev', '/dev/null/x', '/dev/nothing-of-the-kind', join(folder, 'circle')])
    expect(namedDisk(name)).toEqual({ kind: 'absent' });
  rmSync(folder, { recursive: true });
});
