import { expect, test } from 'vitest';
import { watchIfThere } from '../../src/guests/watch.ts';

const answers = (call: string) => async () => ({ ok: false, failed: { errno: 'ENOSPC', call, subject: '' } }) as const;

test('what is there is watched, and why it is not heard is told; what is not there is nothing', async () => {
  const asked: string[] = [];
  const watch = async (id: string, path: string) => {
    asked.push(`${id} ${path}`);
    return { ok: true, value: undefined } as const;
  };
  expect(await watchIfThere('a', '/', watch)).toEqual([]);
  expect(await watchIfThere('b', '/nowhere', watch)).toEqual([]);
  expect(asked).toEqual(['a /']);
  const refusal = { code: 'E_WATCH', subject: '/', detail: 'inotify_add_watch ENOSPC' };
  expect(await watchIfThere('a', '/', answers('inotify_add_watch'))).toEqual([refusal]);
  expect(await watchIfThere('a', '/', answers('executor'))).toEqual([]);
});
