import { expect, test } from 'vitest';
import type { Line, Setting } from '../../src/import/item.ts';
import { settle } from '../../src/import/settle.ts';
import { guestKey, policyKey, taken } from '../../src/import/verdict.ts';

function line(key: string, ...settings: readonly Setting[]): Line {
  return { guest: 'web1', file: 'f', line: 1, key, value: 'v', verdict: taken('why', ...settings) };
}

function settled(...lines: readonly Line[]) {
  const found = settle(['web1'], lines, { rulesFile: 'rules/x.yaml' });
  const texts = Object.fromEntries(found.files.map(({ path, text }) => [path, text.split('\n').slice(1).join('\n')]));
  return { texts, lines: found.lines };
}

test('what the loader takes is written as it is', () => {
  const { texts, lines } = settled(
    line('a', policyKey('processes.limit', 50)),
    line('b', guestKey('start.auto', true)),
  );
  expect(texts).toEqual({
    'guests/web1.yaml': 'guest: web1\npolicy: web1\nstart:\n  auto: true\n',
    'policies/web1.yaml': 'policy: web1\nprocesses:\n  limit: 50\n',
  });
  expect(lines.map(({ verdict }) => verdict.fate)).toEqual(['taken', 'taken']);
});

test('what it refuses goes, with all that the same line says, and the others stay', () => {
  const { texts, lines } = settled(
    line('a', policyKey('processes.limit', 3), policyKey('cpu.weight', 100)),
    line('b', policyKey('memory.rss.limit', '64MiB')),
    line('c', guestKey('start.marks', ['no good'])),
    line('d', guestKey('start.marks', ['good'])),
  );
  expect(texts['policies/web1.yaml']).toBe('policy: web1\nmemory:\n  rss:\n    limit: 64MiB\n');
  expect(texts['guests/web1.yaml']).toBe('guest: web1\npolicy: web1\nstart:\n  marks: [good]\n');
  expect(lines.map(({ verdict }) => verdict.fate)).toEqual(['decide', 'taken', 'decide', 'taken']);
  expect(lines[0]?.verdict.how).toMatch(/^why; not written: processes.limit: init and its services are more than 3;/);
});

test('what depends on what is refused goes, too, until the rest is right', () => {
  const { texts, lines } = settled(
    line('limit', policyKey('memory.as.limit', '1MiB')),
    line('enforce', policyKey('memory.as.enforce', 'data')),
  );
  expect(texts).toEqual({ 'guests/web1.yaml': 'guest: web1\n' });
  expect(lines.map(({ verdict }) => verdict.fate)).toEqual(['decide', 'decide']);
});
