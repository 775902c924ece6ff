import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchCgroup, watchedFile } from '../../src/linux/cgroup-watch.ts';
import type { Request } from '../../src/linux/channel.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-cgroup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Has a cgroup with these files watched by an executor that refuses what contains `refused`. Answers what was asked. */
async function watched(files: readonly string[], refused = 'nothing') {
  for (const file of files) writeFileSync(join(folder, file), '');
  const asked: string[] = [];
  const request = async (...[verb, id, , text = '']: Request) => {
    const line = [verb, watchedFile(id ?? '')?.file, text].join(' ').trim();
    asked.push(line);
    const failed = { errno: 'EINVAL', call: verb, subject: '' };
    return line.includes(refused)
      ? { ok: false as const, failed }
      : { ok: true as const, value: { words: [], rows: [] } };
  };
  return { asked, answer: await watchCgroup({ request }, 'v2', 'web1', () => folder) };
}

test('a guest in which something waits for memory is told of by the kernel, however short a window it takes', async () => {
  const { asked } = await watched(['memory.pressure'], '1000000');
  expect(asked).toEqual(['trigger memory.pressure some 200000 1000000', 'trigger memory.pressure some 400000 2000000']);
});
