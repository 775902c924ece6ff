import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineSplitter } from '../../src/linux/lines.ts';

test('however the stream is cut, the lines are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z ]{0,9}$/)), fc.array(fc.nat(30)), (lines, cuts) => {
      const stream = lines.map((line) => `${line}\n`).join('');
      const heard: string[] = [];
      const split = lineSplitter((line) => heard.push(line));
      let at = 0;
      for (const cut of cuts) {
        split(stream.slice(at, at + cut));
        at += cut;
      }
      split(stream.slice(at));
      expect(heard).toEqual(lines);
    }),
  );
});
