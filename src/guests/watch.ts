import { existsSync } from 'node:fs';
import type { Refusal } from '../model/failure.ts';
import type { Host } from '../ports/host.ts';

/** Watches what is there, every time anew: it may be another one than it was. Answers why it is not heard. */
export async function watchIfThere(
  id: string,
  path: string,
  watch: Host['watchFolder' | 'watchProgram' | 'watchRuns'],
): Promise<readonly Refusal[]> {
  if (!existsSync(path)) return [];
  const answer = await watch(id, path);
  if (answer.ok || answer.failed.call === 'executor') return [];
  return [{ code: 'E_WATCH', subject: path, detail: `${answer.failed.call} ${answer.failed.errno}` }];
}
