import { expect, test } from 'vitest';
import { blockAfter, withoutBlocked } from '../../src/agent/blocked.ts';
import type { DesiredNode } from '../../src/model/node.ts';

const refusal = { code: 'E_ACTION', subject: 'web1:/dev/x' } as const;

function node(path: string, ...links: string[]): DesiredNode {
  return {
    path,
    links,
    number: { type: 'c', major: 188, minor: 0 },
    access: 'rw',
    rule: 'serial',
    device: '/devices/x',
    stated: {},
    initial: { mode: 0o660, owner: 'root', group: 'root' },
    memory: 'serial',
    unplug: 'keep',
  };
}

test('a name that could not be made is left out with what is below it, and its neighbours are not', () => {
  const blocked = blockAfter({ verb: 'make-folder', path: '/dev/x' }, refusal, 100);
  const nodes = [node('/dev/x/a'), node('/dev/xy'), node('/dev/y', '/dev/x/link', '/dev/z')];
  expect(withoutBlocked('web1', nodes, blocked).nodes).toEqual([node('/dev/xy'), node('/dev/y', '/dev/z')]);
});

test('a link that could not be made does not take its node away', () => {
  const blocked = blockAfter({ verb: 'make-link', path: '/dev/l', target: '/dev/a' }, refusal, 100);
  expect(withoutBlocked('web1', [node('/dev/a', '/dev/l')], blocked).nodes).toEqual([node('/dev/a')]);
});

test('what takes something away is never left out', () => {
  expect(blockAfter({ verb: 'remove-node', path: '/dev/a', number: 'c:188:0' }, refusal, 100)).toEqual([]);
  expect(blockAfter({ verb: 'revoke', number: 'c:188:0', access: 'rw' }, refusal, 100)).toEqual([]);
});

test('a number that could not be granted leaves its nodes out', () => {
  const blocked = blockAfter({ verb: 'grant', number: 'c:188:0', access: 'rw' }, refusal, 100);
  const other = { ...node('/dev/b'), number: { type: 'c', major: 188, minor: 1 } } as const;
  expect(withoutBlocked('web1', [node('/dev/a'), other], blocked).nodes).toEqual([other]);
});

test('a node that could not be made takes the others of its device along, and that is said', () => {
  const group = { root: '/devices/cam', text: 'cam' };
  const [a, b, c] = [node('/dev/a'), node('/dev/b'), node('/dev/c')];
  const blocked = blockAfter({ verb: 'make-folder', path: '/dev/a' }, refusal, 100);
  const left = withoutBlocked('web1', [{ ...a, group }, { ...b, group }, c], blocked);
  expect(left).toMatchObject({ nodes: [c], refusals: [{ code: 'E_INCOMPLETE', subject: 'web1:serial' }] });
});
