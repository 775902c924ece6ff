import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readStart } from '../../src/guests/read-start.ts';

test('no more is read than was asked for, and of what is not there nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'long'), 'x'.repeat(100_000));
  writeFileSync(join(folder, 'short'), 'one');
  expect(readStart(join(folder, 'long'), 70_000)).toBe('x'.repeat(70_000));
  expect(readStart(join(folder, 'short'), 70_000)).toBe('one');
  expect(readStart(join(folder, 'none'), 10)).toBe('');
  expect(readStart(folder, 10)).toBe('');
});
