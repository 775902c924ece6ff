/** A word of a command as somebody types it into a shell: in quotes where the shell would read it as something else. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_.:/@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
