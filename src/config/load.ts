import { assemble, type Context, type Loaded } from './assemble.ts';
import { readDocuments } from './documents.ts';
import { listConfiguration } from './sources.ts';

/**
 * The configuration of a folder such as /etc/hostler: hostler.yaml, guests/ and rules/. Never throws for what is in the
 * folder; problems name every mistake of every file with file, line and column.
 */
export async function loadConfig(folder: string, context: Context): Promise<Loaded> {
  const listed = await listConfiguration(folder);
  const { documents, problems } = await readDocuments(listed.sources);
  return assemble({ documents, problems: [...listed.problems, ...problems] }, context);
}
