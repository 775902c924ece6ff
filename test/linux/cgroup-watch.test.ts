import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FolderOf } from '../../src/linux/cgroup-folders.ts';
import { watchCgroup, watchedFile } from '../../src/linux/cgroup-watch.ts';
import type { Request } from '../../src/linux/channel.ts';
import type { Hierarchy, Pressures } from '../../src/model/limit.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-cgroup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Has a cgroup with these files watched by an executor that refuses what contains `refused`. Answers what was asked. */
async function watched(
  files: readonly string[],
  wanted: Pressures,
  refused = 'nothing',
  hierarchy: Hierarchy = 'v2',
  folderOf: FolderOf = () => folder,
) {
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
  return { asked, answer: await watchCgroup({ request }, hierarchy, 'web1', folderOf, wanted) };
}

test('a guest in which something waits for memory is told of by the kernel, however short a window it takes', async () => {
  const { asked } = await watched(['memory.pressure'], { cpu: false, memory: true }, '1000000');
  expect(asked.filter((line) => line.startsWith('trigger'))).toEqual([
    'trigger memory.pressure some 200000 1000000',
    'trigger memory.pressure some 400000 2000000',
  ]);
});

test('what nobody wants to hear of is not told, also if somebody did before', async () => {
  const { asked, answer } = await watched(['cpu.pressure', 'memory.pressure', 'cpu.max'], {
    cpu: false,
    memory: false,
  });
  expect(asked).toEqual(['watch-file cpu.max', 'untrigger cpu.pressure', 'untrigger memory.pressure']);
  expect(answer).toEqual({ ok: true, value: { stalls: false } });
});

test('a guest that is held back is told of where somebody wants to hear of it', async () => {
  const { asked, answer } = await watched(['cpu.pressure'], { cpu: true, memory: false });
  expect(asked).toContain('trigger cpu.pressure full 50000 500000');
  expect(answer).toEqual({ ok: true, value: { stalls: true } });
});

test('on v1 it is told as well where the guest is in v2 too, and is looked at all the same', async () => {
  const onlyUnified: FolderOf = (controller) => (controller === '' ? folder : undefined);
  const wanted = { cpu: true, memory: true };
  const told = await watched(['cpu.pressure'], wanted, 'nothing', 'v1', onlyUnified);
  expect(told.asked).toEqual(['trigger cpu.pressure full 50000 500000']);
  expect(told.answer).toEqual({ ok: true, value: { stalls: false } });
});
