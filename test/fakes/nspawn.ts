import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A process that is called systemd-nspawn and does nothing, until the test ends. */
export async function runNspawn(): Promise<ChildProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-program-'));
  const program = join(folder, 'systemd-nspawn');
  copyFileSync('/bin/sleep', program);
  const nspawn = spawn(program, ['60'], { stdio: 'ignore' });
  onTestFinished(() => {
    nspawn.kill();
    rmSync(folder, { recursive: true });
  });
  await once(nspawn, 'spawn');
  return nspawn;
}
