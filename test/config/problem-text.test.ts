import { expect, test } from 'vitest';
import { problemText } from '../../src/config/problem-text.ts';

test('a problem is one line that a terminal can show, whatever names and texts hold', () => {
  const place = { file: '/etc/hostler/rules/a\nb.yaml', line: 3, column: 7 };
  const text = problemText({ place, code: 'E_CONFIG_KEY', says: 'wrong \u001b[31mred\u009b; write it plain' });
  expect(text).toBe('/etc/hostler/rules/a\\x0ab.yaml:3:7: wrong \\x1b[31mred\\x9b; write it plain [E_CONFIG_KEY]');
});
