import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mailSink } from '../../../src/linux/sinks/mail.ts';
import type { AlertMessage } from '../../../src/model/alert-message.ts';
import { messageOf } from '../../contract/alert-message.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-mail-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function mailed(message: AlertMessage): Promise<string> {
  const sendmail = join(folder, 'sendmail');
  writeFileSync(sendmail, '#!/bin/sh\ncd "$(dirname "$0")" && echo "$@" > args && cat > mail\n');
  chmodSync(sendmail, 0o755);
  expect(await mailSink('admin@example.org', sendmail).send([message], new AbortController().signal)).toEqual({
    ok: true,
  });
  return readFileSync(join(folder, 'mail'), 'utf8');
}

test('is handed over as sendmail takes it, the recipient in its head', async () => {
  expect(await mailed(messageOf())).toBe(`To: admin@example.org
Subject: host1: web1: processes: 37 hits
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Processes and threads of web1 reached their limit.
Raise processes.limit.

status: firing
alertname: HostlerLimit
guest: web1
resource: processes
severity: warning
instance: host1
startsAt: 2026-03-01T12:00:00.000Z
`);
  expect(readFileSync(join(folder, 'args'), 'utf8')).toBe('-i -t\n');
});

test('has no other head than ours, whatever a guest is called', async () => {
  const annotations = { ...messageOf().annotations, summary: 'a\nBcc: x@example.org\r\n\r\nb' };
  const [head = ''] = (await mailed(messageOf({ annotations }))).split('\n\n');
  expect(head.split('\n')).toHaveLength(6);
  expect(head).toContain('Subject: host1: a\\x0aBcc: x@example.org');
});

test('says names in every script in words that any mail system passes on', async () => {
  const summary = 'prüfstand-日本語: '.repeat(8);
  const [head = ''] = (await mailed(messageOf({ annotations: { ...messageOf().annotations, summary } }))).split('\n\n');
  expect(head).toMatch(/^[\x20-\x7e\n]*$/);
  const words = [...head.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)];
  expect(words.every(([word]) => word.length <= 75)).toBe(true);
  expect(words.map(([, text = '']) => Buffer.from(text, 'base64').toString()).join('')).toBe(`host1: ${summary}`);
});
