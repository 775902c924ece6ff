import { expect, test } from 'vitest';
import { askedAttributes, askedFacts, askedSubsystems } from '../../src/devices/asked.ts';
import { rule } from './make.ts';

test('attributes are asked for wherever a rule names them', () => {
  const match = {
    attr: { serial: ['*'] },
    parent: { attr: { idVendor: ['1'] } },
    not: { not: { attr: { bcd: ['2'] } } },
  };
  expect(askedAttributes([rule('one', { match }), rule('two', { match })])).toEqual(['bcd', 'idVendor', 'serial']);
});

test('only the subsystems that rules name are listened to', () => {
  const rules = [rule('one', { match: { subsystem: ['usb', 'tty'] } }), rule('two', { match: { subsystem: ['tty'] } })];
  expect(askedSubsystems(rules)).toEqual(['tty', 'usb']);
});

test('whole devices may have parts of any subsystem, and say how many interfaces they have', () => {
  const facts = askedFacts([rule('whole', { match: { subsystem: ['usb'], attr: { serial: ['1'] } }, take: 'whole' })]);
  expect(facts).toEqual({ attrs: ['bNumInterfaces', 'serial'], subsystems: 'all', ancestors: true });
});

test('ancestors are asked for where rules ask for them, or take several nodes, which they sort by device', () => {
  const asks = (said: Parameters<typeof rule>[1]) => askedFacts([rule('one', said)]).ancestors;
  expect(asks({ match: { not: { parent: {} } } })).toBe(true);
  expect(asks({ take: 'all' })).toBe(true);
  expect(asks({ match: { port: ['1-1'] } })).toBe(false);
});

test.each([
  ['a glob', { subsystem: ['usb*'] }],
  ['none named', { sysname: ['loop0'] }],
  ['one that must not be', { not: { subsystem: ['usb'] } }],
  ['one of a parent', { parent: { subsystem: ['usb'] } }],
])('all subsystems are listened to: %s', (_, match) => {
  expect(askedSubsystems([rule('narrow', { match: { subsystem: ['tty'] } }), rule('wide', { match })])).toBe('all');
});
