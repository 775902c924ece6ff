import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const NATIVE = join(import.meta.dirname, '../../native');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-install-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('make install puts every file where its users look for it, and nothing outside DESTDIR', () => {
  install();
  expect(installed()).toEqual([
    'usr/lib/hostler/hostler-executor 755',
    'usr/lib/hostler/hostler-hook 755',
    'usr/lib/udev/rules.d/90-hostler.rules 644',
    'usr/share/man/man5/hostler-policies.5 644',
    'usr/share/man/man5/hostler-rules.5 644',
    'usr/share/man/man5/hostler.yaml.5 644',
    'usr/share/man/man8/hostler.8 644',
  ]);
  expect(hooksInRules()).toEqual(['/usr/lib/hostler/hostler-hook']);
});

test('with another PREFIX the udev rules call the hook that is there, and stay where udevd reads them', () => {
  install('PREFIX=/opt/hostler');
  expect(installed()).toContain('opt/hostler/lib/hostler/hostler-hook 755');
  expect(installed()).toContain('opt/hostler/share/man/man8/hostler.8 644');
  expect(hooksInRules()).toEqual(['/opt/hostler/lib/hostler/hostler-hook']);
});

function install(...words: readonly string[]): void {
  execFileSync('make', ['--silent', '-C', NATIVE, 'install', `DESTDIR=${folder}`, ...words]);
}

function installed(): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path.slice(folder.length + 1)} ${(statSync(path).mode & 0o777).toString(8)}`)
    .sort();
}

/** Without those in comments; each once. */
function hooksInRules(): readonly string[] {
  const rules = readFileSync(join(folder, 'usr/lib/udev/rules.d/90-hostler.rules'), 'utf8');
  return [...new Set([...rules.matchAll(/^[^#].*RUN\+="([^ "]*)/gm)].map(([, hook = '']) => hook))];
}
