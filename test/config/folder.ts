import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { Context, Loaded } from '../../src/config/assemble.ts';
import { loadConfig } from '../../src/config/load.ts';
import { loadFolder } from '../../src/config/load-folder.ts';
import { problemText } from '../../src/config/problem-text.ts';
import type { Problem } from '../../src/model/config.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A configuration folder that lives as long as the test file runs: texts or bytes by path. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-config-'));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** What is wrong in the folder, one line each, paths relative to it. */
export async function complaintsOf(folder: string, context: Context = {}): Promise<readonly string[]> {
  return complaintTexts(folder, await loadConfig(folder, context));
}

/** The same in this process: for tables with many lines. */
export async function complaintsHere(folder: string): Promise<readonly string[]> {
  return complaintTexts(folder, await loadFolder(folder, {}, () => {}));
}

function complaintTexts(folder: string, { problems }: Loaded): readonly string[] {
  return problems.map((problem) => withoutCode(problem).replaceAll(`${folder}/`, '').replaceAll(folder, '.'));
}

function withoutCode(problem: Problem): string {
  return problemText(problem).replace(` [${problem.code}]`, '');
}
