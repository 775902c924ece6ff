import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { post } from '../../../src/linux/sinks/post.ts';
import { type AlertServer, alertServer, type Manners } from '../../contract/alert-server.ts';

const never = new AbortController().signal;
let server: AlertServer;
let folder: string;

beforeEach(async () => {
  server = await alertServer();
  folder = mkdtempSync(join(tmpdir(), 'hostler-post-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const refused = (reason: string, isFinal = false) => ({ ok: false, reason, isFinal });

test.each<[Manners, unknown]>([
  ['well', { ok: true }],
  ['slow', { ok: true }],
  ['refuses', refused('answered 500: no room\\x1b[31m left')],
  ['forbids', refused('answered 400: bad alert', true)],
  ['redirects', refused('answered 302')],
  ['closes', refused('socket hang up')],
])('a server that answers %s', async (manners, sent) => {
  server.manners = manners;
  expect(await post({ url: server.url }, { a: 1 }, never)).toEqual(sent);
  expect(server.requests).toHaveLength(1);
});

test('a server that hangs, and one that does not end its refusal, are left when the time is over', async () => {
  server.manners = 'hangs';
  expect(await post({ url: server.url }, {}, AbortSignal.timeout(50))).toEqual(refused('gave no answer in time'));
  server.manners = 'talks for ever';
  const answer = await post({ url: server.url }, {}, AbortSignal.timeout(2000));
  expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(/^answered 500: blah .{200,300}$/) });
});

test('nobody listens', async () => {
  await server.close();
  expect(await post({ url: server.url }, {}, never)).toMatchObject({
    ok: false,
    isFinal: false,
    reason: expect.stringMatching(/^connect ECONNREFUSED 127/),
  });
});

describe('the authorization', () => {
  test('is what the file says at that moment', async () => {
    const authorizationFile = join(folder, 'auth');
    for (const token of ['Bearer one', 'Bearer two']) {
      writeFileSync(authorizationFile, `${token}\n`);
      expect(await post({ url: server.url, authorizationFile }, {}, never)).toEqual({ ok: true });
      expect(server.requests.at(-1)?.headers.authorization).toBe(token);
    }
  });

  test.each(['', 'Bearer one\nBearer two\n', `Bearer ${'x'.repeat(9000)}`])(
    'that is no header is not sent, and nothing else is: %j',
    async (text) => {
      const authorizationFile = join(folder, 'auth');
      writeFileSync(authorizationFile, text);
      const reason = `${authorizationFile} has not one line with an Authorization header`;
      expect(await post({ url: server.url, authorizationFile }, {}, never)).toEqual(refused(reason));
      expect(server.requests).toEqual([]);
    },
  );

  test('that is not there is a failure that may pass', async () => {
    const authorizationFile = join(folder, 'absent');
    expect(await post({ url: server.url, authorizationFile }, {}, never)).toMatchObject({
      ok: false,
      isFinal: false,
      reason: expect.stringContaining('ENOENT'),
    });
  });
});
