import { Composer, type CST, Parser, type YAMLError } from 'yaml';
import type { Complaint, Parsed } from './parsed.ts';
import { positionsIn } from './positions.ts';
import { readNode } from './yaml-data.ts';
import { refusedTokens } from './yaml-tokens.ts';

/** More tell nothing new: after the first, most are consequences. */
const MOST_COMPLAINTS = 20;

/** Reads one YAML 1.2 text (core schema) as plain data with the place of every value. Blocks for as long as it takes. */
export function readYaml(text: string): Parsed {
  const positionOf = positionsIn(text);
  const say = (offset: number, says: string): Complaint => ({ ...positionOf(offset), code: 'E_CONFIG_YAML', says });
  const tokens = [...new Parser().parse(text)];
  const refused = refusedTokens(tokens, say);
  if (refused.length > 0) return { spots: new Map(), complaints: refused.slice(0, MOST_COMPLAINTS) };
  const document = compose(tokens, text.length);
  const errors = (document?.errors ?? []).map((error) => say(error.pos[0], sentence(error, text)));
  if (errors.length > 0) return { spots: new Map(), complaints: firstOfEachLine(errors).slice(0, MOST_COMPLAINTS) };
  return readNode(document?.contents ?? null, say);
}

function compose(tokens: readonly CST.Token[], length: number) {
  // Repeated keys are found by readNode: the library compares each with each.
  const composer = new Composer({ version: '1.2', schema: 'core', prettyErrors: false, uniqueKeys: false });
  for (const document of composer.compose(tokens, true, length)) return document;
  return undefined;
}

const remedies: Partial<Record<YAMLError['code'], string>> = {
  BAD_INDENT: 'indent what belongs together by the same number of spaces',
  BAD_SCALAR_START: 'write the text in quotes',
  BAD_DQ_ESCAPE: 'write a backslash as \\\\ or use single quotes',
  BLOCK_AS_IMPLICIT_KEY: 'write a text that contains ": " in quotes',
  MISSING_CHAR: 'close what was opened before, or write the text in quotes',
  MULTILINE_IMPLICIT_KEY: 'put the key and its colon on one line, and check the indentation',
  UNEXPECTED_TOKEN: 'write a text that begins with [ or { in quotes',
};

function sentence(error: YAMLError, text: string): string {
  const remedy =
    remedies[error.code] ?? 'check the indentation, the colons and the quotes of this line and the one before';
  const isTabbed = /^ *\t/.test(text.slice(text.lastIndexOf('\n', error.pos[0] - 1) + 1));
  return `not YAML: ${error.message}; ${isTabbed ? 'indent with spaces, not with tabs' : remedy}`;
}

function firstOfEachLine(complaints: readonly Complaint[]): readonly Complaint[] {
  return complaints.filter(({ line }, at) => complaints[at - 1]?.line !== line);
}
