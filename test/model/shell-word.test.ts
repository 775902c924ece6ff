import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../src/model/shell-word.ts';

test('a plain name is as it is', () => {
  expect(shellWord('web-1.a_b')).toBe('web-1.a_b');
});

test.each(['ru odd', 'a$HOME`id`', `it's "so"`, '*', '', String.raw`a\b`, 'é;#'])(
  'a shell reads %j as one word',
  (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
  },
);
