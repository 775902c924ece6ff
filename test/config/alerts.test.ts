import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsOf, folderOf } from './folder.ts';

test('alerts go nowhere but to the journal where nothing is written', async () => {
  const loaded = await loadConfig(folderOf({ 'hostler.yaml': 'alerts: {}' }), {});
  expect(loaded.ok && loaded.config.settings.alerts).toEqual({ sinks: [], cooldownMs: 300_000 });
});

test('every kind of sink is read', async () => {
  const text = `alerts:
  sinks:
    - alertmanager: "http://127.0.0.1:9093"
    - webhook: "https://chat.example/hooks?room=1"
      authorization-file: /etc/hostler/chat.auth
    - command: [/usr/local/bin/page, --to, root, root]
    - { mail: admin@example.org }
    - { mail: root }
  cooldown: 10m
`;
  const loaded = await loadConfig(folderOf({ 'hostler.yaml': text }), {});
  expect(loaded.problems).toEqual([]);
  expect(loaded.ok && loaded.config.settings.alerts).toEqual({
    sinks: [
      { kind: 'alertmanager', url: 'http://127.0.0.1:9093' },
      {
        kind: 'webhook',
        url: 'https://chat.example/hooks?room=1',
        authorizationFile: '/etc/hostler/chat.auth',
      },
      { kind: 'command', command: ['/usr/local/bin/page', '--to', 'root', 'root'] },
      { kind: 'mail', address: 'admin@example.org' },
      { kind: 'mail', address: 'root' },
    ],
    cooldownMs: 600_000,
  });
});

const KINDS = 'alertmanager, webhook, command, mail';

test.each([
  ['{}', `3:5: an entry of alerts.sinks: names no sink; write one of ${KINDS}`],
  [
    '{ mail: root, command: [/bin/page] }',
    '3:13: alerts.sinks.mail: the entry is command already; write an entry for each',
  ],
  ['{ pager: root }', `3:7: unknown key "pager" in alerts.sinks; known here: ${KINDS}, authorization-file`],
  [
    'mail',
    '3:5: an entry of alerts.sinks cannot be the text "mail"; write an entry such as alertmanager: "http://127.0.0.1:9093"',
  ],
  [
    '{ command: "/bin/page --now" }',
    '3:16: alerts.sinks.command cannot be the text "/bin/page --now"; write a list of words, such as [/usr/local/bin/page, --urgent]; there is no shell',
  ],
  [
    '{ command: [] }',
    '3:16: alerts.sinks.command is an empty list; write a list of words, such as [/usr/local/bin/page, --urgent]; there is no shell',
  ],
  [
    '{ command: [page] }',
    '3:17: an entry of alerts.sinks.command: "page" is no absolute path; write one without .., such as /var/lib/lxc',
  ],
  [
    '{ webhook: "ftp://example.org" }',
    '3:16: alerts.sinks.webhook: "ftp://example.org" is no address; write one that begins with http:// or https://',
  ],
  [
    '{ webhook: "http:/example.org" }',
    '3:16: alerts.sinks.webhook: "http:/example.org" is no address; write one that begins with http:// or https://',
  ],
  [
    '{ webhook: "http://me:secret@example.org" }',
    '3:16: alerts.sinks.webhook: an address with credentials in it; write them into a file and name it by authorization-file',
  ],
  [
    '{ alertmanager: "http://example.org/#a" }',
    '3:21: alerts.sinks.alertmanager: an address with "#a", which is never sent; leave it out',
  ],
  [
    '{ mail: root, authorization-file: /etc/x }',
    '3:39: alerts.sinks.authorization-file: is of no use with mail; leave it out',
  ],
  [
    '{ mail: "-OQueueDirectory=/tmp" }',
    '3:13: alerts.sinks.mail: "-OQueueDirectory=/tmp" is no address; write one, such as root or admin@example.org',
  ],
  [
    '{ mail: "a@example.org, b@example.org" }',
    '3:13: alerts.sinks.mail: "a@example.org, b@example.org" is no address; write one, such as root or admin@example.org',
  ],
])('the sink %s is refused', async (sink, says) => {
  const text = `alerts:\n sinks:\n  - ${sink}\n`;
  expect(await complaintsOf(folderOf({ 'hostler.yaml': text }))).toEqual([`hostler.yaml:${says}`]);
});

test('a sink that is written twice is refused, and so is a cooldown that is no duration', async () => {
  const text = 'alerts: { sinks: [{ mail: root }, { mail: root }], cooldown: soon }';
  const complaints = await complaintsOf(folderOf({ 'hostler.yaml': text }));
  expect(complaints).toEqual([
    'hostler.yaml:1:35: an entry of alerts.sinks: is in the list twice; leave one out',
    'hostler.yaml:1:62: alerts.cooldown: "soon" is no duration; write a whole number and ms, s, m or h, such as 30s',
  ]);
});
