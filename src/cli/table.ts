import { type Line, type Span, spanText } from './terminal.ts';

const gap = '  ';

/** Rows as lines with columns as wide as their widest cell; no line ends in blanks. `names` is left out where empty. */
export function columns(names: readonly string[], rows: readonly (readonly Span[])[]): readonly Line[] {
  const header: readonly Span[] = names.map((text) => ({ text, colour: 'bold' }));
  const all = header.length > 0 ? [header, ...rows] : rows;
  const widths = widest(all);
  return all.map((row) =>
    row.flatMap((cell, at) => (at === row.length - 1 ? [cell] : [cell, blanks(cell, widths[at])])),
  );
}

function widest(rows: readonly (readonly Span[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, spanText(cell).length);
  }
  return widths;
}

function blanks(cell: Span, width = 0): string {
  return ' '.repeat(width - spanText(cell).length) + gap;
}
