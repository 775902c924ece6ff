import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseStop, stoppedNow } from '../../src/guests/lxc-stops.ts';

test.each([
  [['-n', 'web1'], { name: 'web1' }],
  [['-nweb1', '-k'], { name: 'web1' }],
  [['-kn', 'web1'], { name: 'web1' }],
  [['-t', '30', '--name=web1', '-P', '/srv/lxc'], { name: 'web1', lxcPath: '/srv/lxc' }],
  [['--name', 'web1', '--lxcpath=/srv/lxc', '--nokill'], { name: 'web1', lxcPath: '/srv/lxc' }],
  [['-r', '-o', '-n', 'web1'], { name: 'web1' }],
  [['-P/srv/lxc', '--logfile', 'n', 'web1', '-W'], { name: 'web1', lxcPath: '/srv/lxc' }],
  [['-k', '--', 'web1'], { name: 'web1' }],
  [['--version'], undefined],
  [['-n'], undefined],
  [['-n', ''], undefined],
  [[], undefined],
])('lxc-stop %j stops whom it names', (words, stop) => {
  expect(parseStop(words)).toEqual(stop);
});

describe.skipIf(process.getuid?.() !== 0)('who is being stopped now', () => {
  let folder: string;
  const programs: ChildProcess[] = [];

  /** A program of this name that does nothing, however it is called. */
  async function run(name: string, words: readonly string[], uid = 0): Promise<ChildProcess> {
    const program = join(mkdtempSync(join(folder, 'bin-')), name);
    chmodSync(dirname(program), 0o755);
    copyFileSync('/bin/sh', program);
    const child = spawn(program, [join(folder, 'wait'), ...words], { stdio: ['pipe', 'pipe', 'ignore'], uid });
    programs.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostler-stops-'));
    writeFileSync(join(folder, 'wait'), 'echo runs; read line');
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) {
      program.kill();
      if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
    }
    rmSync(folder, { recursive: true });
  });

  test('are those that a tool of that folder is at work on, until it ends', async () => {
    const tool = await run('lxc-stop', ['-n', 'web1', '-P', `${folder}/`]);
    await run('lxc-stop', ['-P', '/elsewhere', '-n', 'web2']);
    await run('lxc-start', ['-n', 'web3']);
    expect(stoppedNow(folder)).toEqual(['web1']);
    tool.kill();
    await once(tool, 'exit');
    expect(stoppedNow(folder)).toEqual([]);
  });

  test("are none by a user's tool, who has no guest of root's", async () => {
    chmodSync(folder, 0o755);
    await run('lxc-stop', ['-n', 'web1'], 65534);
    expect(stoppedNow(folder)).toEqual([]);
  });
});
