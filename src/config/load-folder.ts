import { assemble, type Context, type Loaded } from './assemble.ts';
import { readDocuments, type TakeUp } from './documents.ts';
import { listConfiguration } from './sources.ts';

/** loadConfig in this process. */
export async function loadFolder(folder: string, context: Context, takeUp: TakeUp): Promise<Loaded> {
  takeUp(folder);
  const listed = await listConfiguration(folder);
  const { documents, problems } = await readDocuments(listed.sources, takeUp);
  return assemble({ documents, problems: [...listed.problems, ...problems] }, context);
}
