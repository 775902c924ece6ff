import type { Problem } from '../model/config.ts';
import { isMapping } from './is-mapping.ts';
import type { Parsed } from './parsed.ts';
import { readTexts } from './read-source.ts';
import type { Kind, Source } from './sources.ts';
import { readYaml } from './yaml-text.ts';

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

/** Is told of each file before it is read, so that one that never ends has a name. */
export type TakeUp = (file: string) => void;

/** Reads and parses files, in the order given. */
export async function readDocuments(sources: readonly Source[], takeUp: TakeUp): Promise<Documents> {
  const { texts, problems } = await readTexts(
    sources.map(({ file }) => file),
    takeUp,
  );
  const documents: Document[] = [];
  for (const { file, kind } of sources) {
    const text = texts.get(file);
    if (text === undefined) continue;
    takeUp(file);
    const parsed = parse(text);
    documents.push({ file, kind: kind ?? kindByContent(parsed.data), parsed });
  }
  return { documents, problems };
}

/** The library recurses, and throws on texts that nobody writes by hand; to the reader that is a problem like any other. */
function parse(text: string): Parsed {
  try {
    return readYaml(text);
  } catch (error) {
    const says = `not YAML: ${String(error)}; write it more simply`;
    return { spots: new Map(), complaints: [{ line: 1, column: 1, code: 'E_CONFIG_YAML', says }] };
  }
}

function kindByContent(data: unknown): Kind {
  if (!isMapping(data) || 'rule' in data || 'match' in data) return 'rules';
  if ('policy' in data && !('guest' in data)) return 'policies';
  return 'guest' in data || 'runtime' in data ? 'guests' : 'settings';
}
