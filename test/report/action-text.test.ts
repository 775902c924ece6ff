import { expect, test } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import { actionText } from '../../src/report/action-text.ts';

const node = { path: '/dev/scanner', number: 'c:189:4' } as const;
const news = { kernel: { DEVNAME: 'scanner' }, udev: {}, tags: [], links: [] };
const ownership = { mode: 0o60, uid: 0, gid: 107 };

/** One of every verb: a verb that is missing here does not compile. */
const TEXTS: { readonly [Verb in Action['verb']]: readonly [Extract<Action, { verb: Verb }>, string] } = {
  confine: [{ verb: 'confine' }, 'close the open device policy to the standard devices'],
  'adopt-program': [
    { verb: 'adopt-program', allowed: [{ number: 'c:1:3', access: 'rwm' }] },
    'replace the device program, 1 devices allowed',
  ],
  'join-program': [
    { verb: 'join-program', allowed: [{ number: 'c:1:3', access: 'rwm' }] },
    'put a device program beside the one there, 1 devices allowed',
  ],
  grant: [{ verb: 'grant', number: 'c:189:4', access: 'rw' }, 'grant c:189:4 rw'],
  revoke: [{ verb: 'revoke', number: 'b:7:1', access: 'w' }, 'revoke b:7:1 w'],
  'make-folder': [{ verb: 'make-folder', path: '/dev/bus' }, 'make folder /dev/bus'],
  'remove-folder': [{ verb: 'remove-folder', path: '/dev/bus' }, 'remove folder /dev/bus'],
  'make-node': [{ verb: 'make-node', ...node, ownership }, 'make /dev/scanner c:189:4 0060 0:107'],
  'set-node': [{ verb: 'set-node', ...node, ownership }, 'set /dev/scanner to 0060 0:107'],
  'remove-node': [{ verb: 'remove-node', ...node }, 'remove /dev/scanner c:189:4'],
  'make-link': [{ verb: 'make-link', path: '/dev/front', target: '/dev/scanner' }, 'link /dev/front to /dev/scanner'],
  'remove-link': [{ verb: 'remove-link', path: '/dev/front', target: '/dev/scanner' }, 'remove link /dev/front'],
  'let-listen': [{ verb: 'let-listen' }, 'let its programs listen for devices'],
  tell: [{ verb: 'tell', event: 'add', number: 'c:189:4', news }, 'tell add /dev/scanner'],
  signal: [{ verb: 'signal', pid: 7, startTime: '99', signal: 'TERM', command: 'saned' }, 'send SIGTERM to saned (7)'],
};

test.each(Object.values(TEXTS))('$verb in words', (action, text) => {
  expect(actionText(action)).toBe(text);
});
