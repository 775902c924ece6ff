import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { wishesToEnd } from '../src/cli/demo/interruption.ts';

const ROOT = join(import.meta.dirname, '..');

/**
 * Runs a file of this folder again, with the same arguments, where real guests and devices may be made; what it needs is built
 * here: npm start builds only a part. Who wishes to end it ends it: what it made is taken away before this is over.
 */
export async function inNamespaces(file: string): Promise<void> {
  if (spawnSync('unshare', ['-m', '-n', 'true']).status !== 0) {
    console.error(
      'bench: real guests and devices take root that may make namespaces (CAP_SYS_ADMIN): sudo npm run bench',
    );
    process.exitCode = 77;
    return;
  }
  execFileSync('make', ['--silent', '-C', join(ROOT, 'native'), 'all', 'fixtures', 'bench'], { stdio: 'inherit' });
  const own = [process.execPath, ...process.execArgv, file, ...process.argv.slice(2)];
  const words = ['-m', '-n', 'sh', join(ROOT, 'scripts/namespace.sh'), ...own];
  process.exitCode = await ended(spawn('unshare', words, { stdio: 'inherit' }));
}

async function ended(child: ChildProcess): Promise<number> {
  for (const signal of wishesToEnd) process.on(signal, () => child.kill('SIGTERM'));
  await once(child, 'exit');
  return child.exitCode ?? 1;
}
