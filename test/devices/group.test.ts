import { describe, expect, test } from 'vitest';
import { withoutBroken } from '../../src/devices/group.ts';
import { failureText } from '../../src/model/failure.ts';
import type { DesiredNode } from '../../src/model/node.ts';

function node(path: string, root?: string, rule = 'cams'): DesiredNode {
  return {
    path,
    links: [],
    number: { type: 'c', major: 188, minor: 0 },
    access: 'rw',
    rule,
    device: `${root}${path}`,
    stated: {},
    initial: { mode: 0o660, owner: 'root', group: 'root' },
    memory: 'cams',
    unplug: 'keep',
    ...(root !== undefined && { group: { root, text: `device ${root}` } }),
  };
}

const [a1, a2, a3] = [node('/dev/a1', 'a'), node('/dev/a2', 'a'), node('/dev/a3', 'a')];
const [b1, other, alone, lone] = [
  node('/dev/b1', 'b'),
  node('/dev/o', 'a', 'other'),
  node('/dev/one'),
  node('/dev/two'),
];
const all = [a1, a2, a3, b1, other, alone, lone];

function standing(...missing: readonly DesiredNode[]) {
  const { nodes, refusals } = withoutBroken('web1', all, new Set(missing));
  return { paths: nodes.map(({ path }) => path), refusals: refusals.map(failureText) };
}

describe('of a group', () => {
  test('nothing goes while nothing is missing', () => {
    expect(standing()).toEqual({ paths: all.map(({ path }) => path), refusals: [] });
  });

  test('everything goes with one node, and it is told which; other devices and other rules stay', () => {
    expect(standing(a2)).toEqual({
      paths: ['/dev/b1', '/dev/o', '/dev/one', '/dev/two'],
      refusals: [
        'E_INCOMPLETE web1:cams: device a comes whole or not at all, and cannot have /dev/a2; ' +
          'mend what is told of that, or let the rule match less of the device',
      ],
    });
  });

  test('no more is said where all of it is missing, since each node is told of', () => {
    expect(standing(a1, a2, a3)).toEqual({ paths: ['/dev/b1', '/dev/o', '/dev/one', '/dev/two'], refusals: [] });
  });

  test('of one node, and of a node without one, nothing else goes', () => {
    expect(standing(b1, alone)).toEqual({ paths: all.map(({ path }) => path), refusals: [] });
  });
});
