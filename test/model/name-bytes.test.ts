import { expect, test } from 'vitest';
import { nameOf, plainNameOf } from '../../src/model/name-bytes.ts';

const bytes = (latin1: string) => Buffer.from(latin1, 'latin1');

test('what is UTF-8 is a name as it is', () => {
  for (const name of ['web1', 'ru odd,é', '\ufeffmark', '']) expect(nameOf(Buffer.from(name))).toEqual({ name });
});

test('what is not is told byte by byte, as bash takes it', () => {
  const odd = 'is not UTF-8';
  expect(nameOf(bytes('bad\xff'))).toEqual({ odd, escaped: String.raw`bad\xff` });
  expect(plainNameOf(bytes("it's \\ \xc3"))).toEqual({ odd, escaped: String.raw`it\x27s \x5c \xc3` });
});

test('a control character is odd where a name is to be told', () => {
  expect(nameOf(bytes('a\nb'))).toEqual({ name: 'a\nb' });
  expect(plainNameOf(bytes('a\nb'))).toEqual({ odd: 'has control characters', escaped: String.raw`a\x0ab` });
});
