/** A value from a file inside a sentence: in quotes, control characters escaped, cut where it gets long. */
export function quote(text: string): string {
  return JSON.stringify(cut(text, 60)).replaceAll(/[\u007f-\u009f\u2028\u2029]/g, escaped);
}

/** The beginning of a text that may have any length. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
