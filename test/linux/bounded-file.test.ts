import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendBounded } from '../../src/linux/bounded-file.ts';
import { onTestHost } from '../scenarios/namespace.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-bounded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('lines are appended, in a folder that is made, for nobody else to read', () => {
  const path = join(folder, 'state', 'lines');
  expect(appendBounded(path, ['one'])).toEqual([]);
  expect(appendBounded(path, ['two', 'three'])).toEqual([]);
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a full file is kept as the one before, and no more than two are ever there', () => {
  const path = join(folder, 'lines');
  for (let turn = 0; turn < 40; turn += 1) appendBounded(path, [`${turn} ${'x'.repeat(100_000)}`]);
  expect(statSync(path).size).toBeLessThanOrEqual(1 << 20);
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(1 << 20);
  const kept = [`${path}.1`, path].flatMap((file) => readFileSync(file, 'utf8').match(/^\d+/gm) ?? []);
  expect(kept.at(-1)).toBe('39');
  expect(kept.map(Number)).toEqual(Array.from({ length: kept.length }, (_, at) => 40 - kept.length + at));
});

test('what cannot be written is refused', () => {
  expect(appendBounded(join('/dev/null', 'lines'), ['one'])).toMatchObject([
    { code: 'E_STATE_WRITE', subject: '/dev/null/lines', detail: expect.stringContaining('EEXIST') },
  ]);
});

test('what somebody who was killed left half is a line of its own', () => {
  const path = join(folder, 'lines');
  appendBounded(path, ['one']);
  appendFileSync(path, 'ha');
  expect(appendBounded(path, ['two'])).toEqual([]);
  expect(readFileSync(path, 'utf8')).toBe('one\nha\ntwo\n');
});

describe.skipIf(!onTestHost)('a disk that is full', () => {
  let disk: string;
  let path: string;
  beforeEach(() => {
    disk = join(folder, 'disk');
    path = join(disk, 'lines');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', disk]);
  });
  afterEach(() => execFileSync('umount', [disk]));
  const fill = () => expect(() => appendFileSync(join(disk, 'others'), Buffer.alloc(8 << 20))).toThrow('ENOSPC');
  const line = (number: number) => `${number} ${'x'.repeat(1000)}`;
  /** Of whole lines; NaN of any other. */
  const numbers = () =>
    [`${path}.1`, path].flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((one) => (/^\d+ x{1000}$/.test(one) ? Number.parseInt(one, 10) : Number.NaN)),
    );

  test('has room for lines that was kept before, and refuses the rest whole', () => {
    expect(appendBounded(path, [])).toEqual([]);
    fill();
    let number = 0;
    while (appendBounded(path, [line(number)]).length === 0) number += 1;
    expect(number).toBeGreaterThan(900);
    expect(appendBounded(path, [line(number)])).toMatchObject([{ detail: expect.stringContaining('ENOSPC') }]);
    expect(numbers()).toEqual(Array.from({ length: number }, (_, at) => at));
    rmSync(join(disk, 'others'));
    expect(appendBounded(path, [line(number), line(number + 1)])).toEqual([]);
    expect(numbers()).toEqual(Array.from({ length: number + 2 }, (_, at) => at));
    expect(statSync(`${path}.room`).size).toBe(1 << 20);
  });

  test('that no room was kept on is refused, and so is what was to keep it', () => {
    fill();
    expect(appendBounded(path, [])).toMatchObject([{ code: 'E_STATE_WRITE', subject: `${path}.room` }]);
    expect(appendBounded(path, [line(1)])).toMatchObject([{ code: 'E_STATE_WRITE', subject: path }]);
  });
});

test('a full disk is refused', () => {
  expect(appendBounded('/dev/full', ['one'])).toMatchObject([
    { code: 'E_STATE_WRITE', detail: expect.stringContaining('ENOSPC') },
  ]);
});
