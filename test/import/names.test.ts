import { expect, test } from 'vitest';
import { policyNameProblem } from '../../src/config/entry-name.ts';
import { policyNames, ruleName } from '../../src/import/names.ts';

const long = 'a'.repeat(200);

test('a policy is called like its guest, or else something that no other is', () => {
  const names = policyNames(['web1', '_odd', 'odd-2', long, `${long}b`]);
  expect(names.get('web1')).toBe('web1');
  expect(names.get('odd-2')).toBe('odd-2');
  expect(names.get('_odd')).toBe('odd-3');
  expect(new Set(names.values()).size).toBe(5);
  expect([...names.values()].flatMap((name) => policyNameProblem(name) ?? [])).toEqual([]);
});

test('a rule is called after guest and device, and no two have one name', () => {
  const given = new Set<string>();
  const rule = { match: { name: 'bus/usb/001/003' }, take: 'one', access: 'rw' } as const;
  expect(ruleName('scan1', rule, given)).toBe('scan1-bus-usb-001-003');
  expect(ruleName('scan1', rule, given)).toBe('scan1-bus-usb-001-003-2');
  expect(ruleName('scan1', { ...rule, match: { number: 'c 188:*' } }, given)).toBe('scan1-c-188');
  expect(policyNameProblem(ruleName(long, rule, given))).toBeUndefined();
});
