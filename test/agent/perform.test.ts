import { expect, test } from 'vitest';
import { perform } from '../../src/agent/perform.ts';
import type { Action } from '../../src/model/action.ts';
import type { Answer, Executor, Failed } from '../../src/ports/executor.ts';

const ownership = { mode: 0o660, uid: 0, gid: 0 };
const grantB: Action = { verb: 'grant', number: 'c:1:2', access: 'rw' };
const setA: Action = { verb: 'set-node', path: '/dev/a', number: 'c:1:1', ownership };
const makeB: Action = { verb: 'make-node', path: '/dev/b', number: 'c:1:2', ownership };
const done: Answer<void> = { ok: true, value: undefined };

/** Stops at the first action that is to fail, as the real one does. */
function executorFailing(bad: Action, failed: Failed): { asked: (readonly Action[])[] } & Pick<Executor, 'apply'> {
  const asked: (readonly Action[])[] = [];
  return {
    asked,
    apply: async (_guest, actions) => {
      asked.push(actions);
      const at = actions.indexOf(bad);
      const cancelled = { errno: 'ECANCELED', call: 'plan', subject: '' };
      return actions.map((_, step): Answer<void> => {
        if (at === -1 || step < at) return done;
        return { ok: false, failed: step === at ? failed : cancelled };
      });
    },
  };
}

test('an owner that cannot be set keeps no other device away', async () => {
  const executor = executorFailing(setA, { errno: 'EXDEV', call: 'host', subject: 'dev/a' });
  const answers = await perform(executor, 'web1', [grantB, setA, makeB]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(executor.asked).toEqual([[grantB, setA, makeB], [makeB]]);
});

test('a permission that is refused ends the plan: no node without it', async () => {
  const executor = executorFailing(grantB, { errno: 'EPERM', call: 'devices.allow', subject: '/web1' });
  const answers = await perform(executor, 'web1', [setA, grantB, makeB]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, false, false]);
  expect(executor.asked).toHaveLength(1);
});

test.each(['guest', 'deadline', 'worker', 'executor'])('nothing more is asked of a guest after "%s"', async (call) => {
  const executor = executorFailing(setA, { errno: 'ESRCH', call, subject: 'web1' });
  await perform(executor, 'web1', [setA, makeB]);
  expect(executor.asked).toHaveLength(1);
});
