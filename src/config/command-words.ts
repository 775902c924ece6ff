import { z } from 'zod';
import { text } from './schema-parts.ts';

const MOST_WORDS = 64;

/** A program and its arguments; `right` is such a list. */
export function commandWords(right: string) {
  const shown = `a list of words, such as ${right}; there is no shell`;
  return z
    .array(text('a text', wordProblem), { error: shown })
    .min(1, { error: shown })
    .max(MOST_WORDS, { error: `at most ${MOST_WORDS} words` });
}

function wordProblem(word: string): string | undefined {
  return word.includes('\0') ? 'a word of a command has no NUL; leave it out' : undefined;
}
