import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lines } from '../../src/cli/lines.ts';

async function* pieces(text: string, cuts: readonly number[]): AsyncGenerator<string> {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  for (const [at, place] of places.entries()) yield text.slice(places[at - 1] ?? 0, place);
}

test('lines are the same however the text was cut', async () => {
  const line = fc.string().map((text) => text.replaceAll('\n', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (wanted, cuts) => {
      const text = wanted.map((one) => `${one}\n`).join('');
      expect(await Array.fromAsync(lines(pieces(text, cuts)))).toEqual(wanted);
    }),
  );
});

test('a last line that was cut off is left out', async () => {
  expect(await Array.fromAsync(lines(pieces('whole\ncut o', [3])))).toEqual(['whole']);
});
