import { expect, test } from 'vitest';
import { type FailureCode, failures, failureText } from '../../src/model/failure.ts';

const kinds = Object.entries(failures);

test('every kind of failure has a message id of its own', () => {
  const ids = kinds.map(([, { messageId }]) => messageId);
  expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(kinds)(
  "%s has its code's severity, and a sentence without an end of its own",
  (code, { severity, says, remedy }) => {
    expect(code[0]).toBe(severity === 'error' ? 'E' : 'W');
    expect(`${says} ${remedy}`).not.toMatch(/\.$|\n|^ | $/);
    expect(remedy).not.toBe('');
  },
);

test('a detail is told as it is, whatever replacement would make of it', () => {
  expect(failureText({ code: 'E_USAGE', subject: 'list', detail: "$& and $' {detail}" })).toBe(
    "E_USAGE list: $& and $' {detail}; hostler help COMMAND tells more",
  );
});

test.each(kinds)('%s leaves no place open where its subject or its case stands', (code) => {
  expect(failureText({ code: code as FailureCode, subject: 'web1', detail: 'why' })).not.toMatch(/\{\w*\}/);
});

test('a command in a remedy can be typed as it stands', () => {
  const odd = failureText({ code: 'E_START', subject: 'ru odd', detail: 'why' });
  expect(odd).toBe("E_START ru odd: was not started: why; mend that, then hostler start 'ru odd'");
});

test('a sentence that wants a detail and has none is told without', () => {
  expect(failureText({ code: 'E_NO_GUEST', subject: 'web1' })).toMatch(/^E_NO_GUEST web1: no such guest; /);
});
