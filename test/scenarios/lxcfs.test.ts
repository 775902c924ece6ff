import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { debianPackage } from '../contract/debian-package.ts';
import { eventually } from './eventually.ts';
import { endProcess } from './in-cgroup.ts';
import { tellOfSizes } from './lxcfs-story.ts';
import { onTestHost } from './namespace.ts';

const { unpacked, lack } = onTestHost && existsSync('/dev/fuse') ? debianPackage('lxcfs') : { unpacked: '', lack: '' };

const HOST_SWAP_KIB = 350 * 1024;

describe.skipIf(unpacked === '')(`on this host${lack ? `: ${lack}` : ''}`, () => {
  const folder = mkdtempSync('/run/lxcfs-');
  const host = `${folder}.host`;
  const meminfo = join(folder, 'proc/meminfo');
  let lxcfs: ChildProcess;

  beforeAll(async () => {
    // A host that has swap: lxcfs shows a guest no more than there is.
    const real = readFileSync('/proc/meminfo', 'utf8');
    writeFileSync(host, real.replace(/^SwapTotal: .*$/m, `SwapTotal: ${HOST_SWAP_KIB} kB`));
    execFileSync('mount', ['--bind', host, '/proc/meminfo']);
    const library = join(unpacked, 'usr/lib/x86_64-linux-gnu/lxcfs');
    lxcfs = spawn(join(unpacked, 'usr/bin/lxcfs'), ['-f', '-p', `${folder}.pid`, folder], {
      stdio: 'ignore',
      env: { ...process.env, LD_LIBRARY_PATH: library },
    });
    await eventually(() => expect(existsSync(meminfo)).toBe(true));
  });
  afterAll(async () => {
    lxcfs.kill('SIGTERM'); // which unmounts
    await eventually(() => expect(existsSync(meminfo)).toBe(false));
    await endProcess(lxcfs);
    execFileSync('umount', ['/proc/meminfo']);
    for (const made of [folder, `${folder}.pid`, host]) rmSync(made, { recursive: true, force: true });
  });

  tellOfSizes({
    furnish: (guest) =>
      appendFileSync(join(guest, 'config'), `lxc.mount.entry = ${meminfo} proc/meminfo none bind 0 0\n`),
    // All that a guest has may be in swap.
    shownSwap: (asKiB) => Math.min(asKiB, HOST_SWAP_KIB),
  });
});
