/** The candidate that a mistyped word most likely stands for; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const furthest = Math.min(2, Math.floor(word.length / 2));
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distanceBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= furthest)
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.candidate;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function distanceBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      current.push(cheapest(one, other, row, column, { beforeLast, last, current }));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, other.length);
}

interface Rows {
  readonly beforeLast: readonly number[];
  readonly last: readonly number[];
  readonly current: readonly number[];
}

function cheapest(one: string, other: string, row: number, column: number, rows: Rows): number {
  const replaced = at(rows.last, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1);
  const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
  const swapped = isSwap ? at(rows.beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY;
  return Math.min(at(rows.last, column) + 1, at(rows.current, column - 1) + 1, replaced, swapped);
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.POSITIVE_INFINITY;
}
