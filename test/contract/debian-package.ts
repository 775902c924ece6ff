import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, '../../scripts/debian-package.sh');

/** Where Debian's package is unpacked, outside the checkout, or why it cannot be had. Setting the tests up brings it. */
export function debianPackage(name: string): { readonly unpacked: string; readonly lack?: string } {
  const { status, stdout, stderr, error } = spawnSync('sh', [SCRIPT, name], { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return { unpacked: stdout.trim() };
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  return { unpacked: '', lack: `Debian's package ${name} cannot be had: ${why}` };
}

/** Runs a program of the package to its end. */
export function runTool(unpacked: string, program: string, words: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(join(unpacked, program), words, { encoding: 'utf8', input });
  return { status, said: `${stdout}${stderr}`.trim() };
}
