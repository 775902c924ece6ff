/** How a number is written, where YAML, the kernel or a reader would take it for another one; undefined: as it should be. */
export function oddity(source: string): string | undefined {
  if (/^-/.test(source)) return 'is negative';
  if (/^\+?0x/i.test(source)) return 'is hexadecimal';
  if (/^\+?0o/.test(source)) return 'is octal';
  if (/^\+?0\d/.test(source)) return 'begins with 0, which some read as octal';
  if (/^\+?\d*\.\d*[1-9]/.test(source)) return 'is not whole';
  return undefined;
}

/** What is wrong with a number as it is written; undefined: it is whole, and from `least` to `most`. */
export function numberProblem(value: number, source: string, least: number, most: number): string | undefined {
  if (Number.isInteger(value) && value >= least && value <= most) return undefined;
  const size = value < least ? 'is too small' : 'is too large';
  return `${source} ${oddity(source) ?? (Number.isInteger(value) ? size : 'is not whole')}`;
}
