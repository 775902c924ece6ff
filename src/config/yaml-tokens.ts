import type { CST } from 'yaml';
import type { Complaint } from './parsed.ts';

/** Deeper than any rule can be written; keeps everything that recurses over a file safe. */
const DEEPEST = 16;

type Say = (offset: number, says: string) => Complaint;

/**
 * What a configuration may not contain although YAML allows it: directives (they change how numbers are read), anchors,
 * aliases, tags, a second document, deep nesting. Looked for in the tokens, before anything is built from them.
 */
export function refusedTokens(tokens: readonly CST.Token[], say: Say): readonly Complaint[] {
  const found: Complaint[] = [];
  const waiting: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of tokens.toReversed()) waiting.push({ token, depth: 0 });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    const why = refusal(token);
    if (why !== undefined) found.push(say(token.offset, why));
    const inside = isCollection(token) ? depth + 1 : depth;
    if (inside > DEEPEST) return [...found, say(token.offset, `nested more than ${DEEPEST} deep; write it flatter`)];
    for (const part of partsOf(token).toReversed()) waiting.push({ token: part, depth: inside });
  }
  return [...found, ...secondDocument(tokens, say)];
}

function refusal(token: CST.Token): string | undefined {
  switch (token.type) {
    case 'directive':
      return `the directive ${token.source} is not allowed; leave it out, every file is read as YAML 1.2`;
    case 'anchor':
      return `the anchor ${token.source} is not allowed; write a text that begins with & in quotes, or leave it out`;
    case 'alias':
      return `the alias ${token.source} is not allowed; write a glob that begins with * in quotes, "${token.source}", and anything else in full`;
    case 'tag':
      return `the tag ${token.source} is not allowed; write a text that begins with ! in quotes, or leave it out`;
    default:
      return undefined;
  }
}

function isCollection(token: CST.Token): boolean {
  return token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
}

/** What a token is made of, in the order of the text. */
function partsOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value ? [...token.start, token.value] : token.start;
  if (token.type === 'block-scalar') return token.props;
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [
    ...item.start,
    ...(item.key ? [item.key] : []),
    ...(item.sep ?? []),
    ...(item.value ? [item.value] : []),
  ]);
}

function secondDocument(tokens: readonly CST.Token[], say: Say): readonly Complaint[] {
  const second = tokens.filter((token) => token.type === 'document')[1];
  return second ? [say(second.offset, 'a second document begins here; write one file for each, without ---')] : [];
}
