import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { command } from './hostler.ts';

const isRoot = process.getuid?.() === 0;

test('the demo without root ends with 77, says what is missing, and shows what rules could be about here', () => {
  const words = [command, 'demo', '--once'];
  const [program = '', ...rest] = isRoot ? ['setpriv', '--reuid=65534', '--clear-groups', ...words] : words;
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 77, stderr: '' });
  expect(stdout).toMatch(/^missing: root, which starts guests and makes devices \(sudo npm start\)$/m);
  expect(stdout).toMatch(/^ {3}tty: .*\/dev\//m);
  // Each shipped rule once, be it with its devices or among those that have none.
  expect(stdout.split('What the shipped rules would match')[1]?.match(/\busb-scanner\b/g)).toHaveLength(1);
});
