/** One point of a curve: what it took at this size. */
export interface Point {
  readonly size: number;
  readonly value: number;
}

/** The power of the size that the value grows with, by least squares over the logarithms: 1 is in proportion. Undefined below two sizes. */
export function growth(points: readonly Point[]): number | undefined {
  const logs = points.map(({ size, value }) => ({ x: Math.log(size), y: Math.log(value) }));
  const x = mean(logs.map((one) => one.x));
  const y = mean(logs.map((one) => one.y));
  const width = sum(logs.map((one) => (one.x - x) ** 2));
  return width === 0 ? undefined : sum(logs.map((one) => (one.x - x) * (one.y - y))) / width;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
