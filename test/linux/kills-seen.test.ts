import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { countsKills, KillsSeen } from '../../src/linux/kills-seen.ts';

let top: string;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  top = mkdtempSync(join(tmpdir(), 'hostler-kills-'));
  mkdirSync(join(top, 'a'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(top, { recursive: true });
});

const kills = (count: number) =>
  writeFileSync(join(top, 'a/memory.oom_control'), `oom_kill_disable 0\nunder_oom 0\noom_kill ${count}\n`);
const inode = () => String(statSync(join(top, 'a')).ino);

test('each cgroup has a count, also one in which nobody was killed, and is looked at again after a while', () => {
  const seen = new KillsSeen(top);
  const read = () => '0';
  kills(0);
  const first = seen.read(read);
  expect(first).toEqual({ counts: { [inode()]: 0 }, isWhole: true });
  kills(2);
  vi.advanceTimersByTime(9_900);
  expect(seen.read(read)).toBe(first);
  vi.advanceTimersByTime(200);
  expect(seen.read(read)).toEqual({ counts: { [inode()]: 2 }, isWhole: true });
});

test('they are looked at sooner where the guest met its own limit, and at once when it has ended', () => {
  const seen = new KillsSeen(top);
  let met = 0;
  const read = () => `${met}`;
  kills(0);
  seen.read(read);
  kills(1);
  met = 7;
  vi.advanceTimersByTime(1_100);
  expect(seen.read(read).counts).toEqual({ [inode()]: 1 });
  kills(2);
  expect(seen.read(read, true).counts).toEqual({ [inode()]: 2 });
});

test('a kernel before 4.13 counts none', () => {
  expect(countsKills(() => 'oom_kill_disable 0\nunder_oom 0')).toBe(false);
  expect(countsKills(() => 'oom_kill_disable 0\nunder_oom 0\noom_kill 0')).toBe(true);
});
