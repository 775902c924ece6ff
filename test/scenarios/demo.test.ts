import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { command, ended } from '../cli/hostler.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';

let folder = '';
let before: readonly string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-demo-test-'));
  before = cgroups();
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(!onTestHost)('the demo', () => {
  test('tells its story to the end, says what was measured, and leaves nothing', async () => {
    const { code, out, err } = await ended(demo('--once'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const part of STORY) expect(out).toMatch(part);
    await nothingIsLeft();
  });

  test('stays up after its story, and ends well with Ctrl-C', async () => {
    const child = demo();
    const end = ended(child);
    await said(child, 'end it here with Ctrl-C');
    interrupt(child);
    expect(await end).toMatchObject({ code: 0, err: '' });
    await nothingIsLeft();
  });

  // From before anything is there until the story is over, so that every kind of step is hit.
  test.each(Array.from({ length: 14 }, (_, at) => ({ afterMs: 100 + 60 * at })))(
    'interrupted after $afterMs ms, and again and again while it cleans up, leaves nothing',
    async ({ afterMs }) => {
      const child = demo();
      const end = ended(child);
      await pause(afterMs);
      const again = setInterval(() => interrupt(child), 20);
      const { err, out } = await end.finally(() => clearInterval(again));
      expect(err, out).toBe('');
      await nothingIsLeft();
    },
  );

  test('a wish to end says so and is no success, since the story was not shown', async () => {
    const child = demo();
    const end = ended(child);
    await said(child, 'The agent, with one rule');
    interrupt(child);
    const { code, out } = await end;
    expect(code).toBe(1);
    expect(out).toContain('ended by SIGINT before the story was over\n\n== Removing everything');
    await nothingIsLeft();
  });
});

const STORY = [
  /losetup made \/dev\/loop\d+ in \d+\.\d ms;\n {3}\d*[1-9]\d*\.\d ms after it had been called, the guest had it:/,
  /make \/dev\/loop(\d+) b:7:\1 0660 0:107/,
  /root +scanner +7, +\d+/,
  /hello from the scanner/,
  /find \/dev .*\n +\(nothing\)\n/,
  /usb-scanner +no +subsystem should be usb and is block/,
  /Removing everything that this demo made\n$/,
];

/** In a process group of its own, as a shell with a terminal starts it. */
function demo(...words: readonly string[]): ChildProcess {
  const env = { ...process.env, TMPDIR: folder };
  return spawn(command, ['demo', ...words], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What a terminal does at Ctrl-C: whatever the demo has started and not set apart hears it, too. */
function interrupt({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGINT');
}

function said(child: ChildProcess, words: string): Promise<void> {
  let out = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (text) => {
      out += text;
      if (out.includes(words)) resolve();
    });
  });
}

/** Something that has ended may be seen a moment longer. */
const nothingIsLeft = () => eventually(() => expect(left()).toEqual([]));

/** Everything of a demo that is still there, a line each. */
function left(): readonly string[] {
  return [
    ...readdirSync(folder).map((name) => `folder ${name}`),
    ...execFileSync('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(folder)),
    ...processes().filter((line) => line.includes(folder)),
    ...readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(folder)),
    ...cgroups().filter((path) => !before.includes(path)),
  ];
}

function processes(): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

/** Cgroups of guests that are called as the demo's, on every hierarchy. */
function cgroups(): readonly string[] {
  const roots = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name))];
  return roots.flatMap((root) => {
    try {
      return readdirSync(root)
        .filter((name) => /^lxc\.(?:payload|monitor)\.demo/.test(name))
        .map((name) => join(root, name));
    } catch {
      return []; // a file
    }
  });
}
