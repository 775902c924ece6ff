import type { Problem } from '../model/config.ts';
import { isMapping } from './is-mapping.ts';
import { parseAll } from './parse.ts';
import type { Parsed } from './parsed.ts';
import { readTexts } from './read-source.ts';
import type { Kind, Source } from './sources.ts';

/** A configuration file that could be read; what is wrong inside is in `parsed` or shows later. */
export interface Document {
  readonly file: string;
  readonly kind: Kind;
  readonly parsed: Parsed;
}

export interface Documents {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
}

/** All texts together take 1 to 2 s at their largest; a text that takes longer is no configuration. */
const DEADLINE_MS = 5000;

/** Reads and parses files, in the order given. */
export async function readDocuments(sources: readonly Source[]): Promise<Documents> {
  const { texts, problems } = await readTexts(sources.map(({ file }) => file));
  const readable = sources.filter(({ file }) => texts.has(file));
  const results = await parseAll([...texts.values()], DEADLINE_MS);
  const documents = results.flatMap((parsed, at) => {
    const source = readable[at];
    return source ? [{ file: source.file, kind: source.kind ?? kindByContent(parsed.data), parsed }] : [];
  });
  return { documents, problems };
}

function kindByContent(data: unknown): Kind {
  if (!isMapping(data) || 'rule' in data || 'match' in data) return 'rules';
  return 'guest' in data || 'runtime' in data ? 'guests' : 'settings';
}
