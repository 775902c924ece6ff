import { expect, test } from 'vitest';
import { intent, performed } from '../../src/devices/ledger.ts';
import { replugged, rule, serial } from './make.ts';
import { pass, plan, story } from './story.ts';

const rules = [rule('modem', { match: { subsystem: ['tty'] }, links: ['/dev/modem'] })];
const before = pass(story(rules, [serial()]));
const planned = plan({ ...before, devices: [replugged(3)] });

test('the intent knows the old and the new, and of the new no ownership yet', () => {
  const { nodes, grants, links } = intent(before.ledger, planned);
  expect(nodes.map(({ number, ownership }) => [number, ownership])).toEqual([
    ['c:188:0', before.ledger.nodes[0]?.ownership],
    ['c:188:3', undefined],
  ]);
  expect(grants.map(({ number }) => number)).toEqual(['c:188:0', 'c:188:3']);
  expect(links.map(({ target }) => target)).toEqual(['/dev/ttyUSB0', '/dev/ttyUSB3']);
});

test('what was done is known for certain, what was not is as intended', () => {
  expect(planned.actions.map(({ verb }) => verb).slice(0, 3)).toEqual(['revoke', 'remove-link', 'remove-node']);
  const { nodes, grants, links } = performed(before.ledger, planned, planned.actions.slice(0, 2));
  expect(grants.map(({ number }) => number)).toEqual(['c:188:3']);
  expect(links.map(({ target }) => target)).toEqual(['/dev/ttyUSB3']);
  expect(nodes.map(({ number }) => number)).toEqual(['c:188:0', 'c:188:3']);
});

test('when all of it was done, the ledger is as planned', () => {
  expect(performed(before.ledger, planned, planned.actions)).toEqual(planned.after);
});

test('who was told to let go is written down only when it was: a crash tells it once more', () => {
  const held = pass({ ...pass(story([rule('modem', { unplug: 'term' })], [serial()])), devices: [] });
  const holder = { pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' as const };
  const telling = plan({ ...held, world: { ...held.world, holders: [holder] } });
  expect(telling.after.released.map(({ told }) => told)).toEqual([['31:99']]);
  expect(intent(held.ledger, telling).released.map(({ told }) => told)).toEqual([[]]);
});
