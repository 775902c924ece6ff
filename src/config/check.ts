import { askReader } from './ask-reader.ts';
import type { Context } from './assemble.ts';
import type { Checked } from './check-paths.ts';

/**
 * Checks configuration folders, each as a whole, and lone files, together. What a lone file is about shows its place (in
 * rules/ or guests/, or hostler.yaml) or else its content; the guests that its rules name are not looked for.
 */
export async function checkPaths(paths: readonly string[], context: Context): Promise<Checked> {
  const answer = await askReader('check', paths, context);
  return 'silence' in answer ? { files: 0, problems: [answer.silence], warnings: [] } : answer;
}
