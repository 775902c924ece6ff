/** The glob that matches this text alone. */
export function literalGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]|{}]/g, '\\$&');
}
