import { askReader } from './ask-reader.ts';
import type { Context, Loaded } from './assemble.ts';

/**
 * The configuration of a folder such as /etc/hostler: hostler.yaml, guests/ and rules/. Never fails: problems name every
 * mistake of every file with file, line and column, or what kept them from being read.
 */
export async function loadConfig(folder: string, context: Context): Promise<Loaded> {
  const answer = await askReader('load', [folder], context);
  return 'silence' in answer ? { ok: false, problems: [answer.silence], warnings: [] } : answer;
}
