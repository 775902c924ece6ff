import { nearest } from './nearest.ts';

/** `; did you mean list?` after a word that nobody knows: the only known one that begins so, or the nearest. */
export function meantText(word: string, known: readonly string[], dashes = ''): string {
  const begun = known.filter((candidate) => word !== '' && candidate.startsWith(word));
  const meant = begun.length === 1 ? begun[0] : nearest(word, known);
  return meant === undefined ? '' : `; did you mean ${dashes}${meant}?`;
}
