import { nearest } from '../model/nearest.ts';
import { quote } from './quote.ts';
import { text } from './schema-parts.ts';

/** One of these words where a mapping is possible, too; `right` shows both. */
export function oneWord<const Words extends readonly string[]>(words: Words, right: string) {
  return text(right, (word) => wordProblem(word, words, right), { enum: words });
}

function wordProblem(word: string, words: readonly string[], right: string): string | undefined {
  if (words.includes(word)) return undefined;
  const guess = nearest(word, words);
  return `${quote(word)} is unknown; ${guess === undefined ? '' : `did you mean ${guess}? `}write ${right}`;
}
