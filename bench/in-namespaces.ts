import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Runs a file of this folder again where real guests and devices may be made; what it needs is built here: npm start builds only a part. */
export function inNamespaces(file: string): void {
  if (spawnSync('unshare', ['-m', '-n', 'true']).status !== 0) {
    console.error(
      'bench: real guests and devices take root that may make namespaces (CAP_SYS_ADMIN): sudo npm run bench',
    );
    process.exitCode = 77;
    return;
  }
  execFileSync('make', ['--silent', '-C', join(ROOT, 'native'), 'all', 'fixtures', 'bench'], { stdio: 'inherit' });
  const words = [join(ROOT, 'scripts/namespace.sh'), process.execPath, ...process.execArgv, file];
  execFileSync('unshare', ['-m', '-n', 'sh', ...words], { stdio: 'inherit' });
}
