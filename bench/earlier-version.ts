import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const COMMIT = process.env.EARLIER ?? 'HEAD~100';

/** hostler as it was a hundred changes ago, or at the commit in EARLIER: its agent and its executor. */
export interface EarlierVersion {
  readonly commit: string;
  /** Its own `bin/hostler`. */
  readonly command: string;
  remove(): void;
}

export function makeEarlierVersion(): EarlierVersion {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-earlier-'));
  const remove = () => rmSync(folder, { recursive: true });
  try {
    const git = (...words: readonly string[]) => execFileSync('git', ['-C', ROOT, ...words], { maxBuffer: 2 ** 28 });
    const commit = git('rev-parse', '--short', `${COMMIT}^{commit}`).toString().trim();
    execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    execFileSync('make', ['--silent', '-C', join(folder, 'native'), 'all'], { stdio: 'inherit' });
    return { commit, command: join(folder, 'bin/hostler'), remove };
  } catch (failure) {
    remove();
    throw failure;
  }
}
