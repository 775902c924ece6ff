import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { journalFields, notifyText } from '../../native/systemd-journal/index.ts';
import { isRoot } from './executor-client.ts';
import { fixture, Listening, until } from './listening.ts';

const JOURNAL = '/run/systemd/journal/socket';
const NOTIFY = '@hostler-test-notify';

/** Every byte that is not a letter or digit: the executor decodes it. */
function encode(word: string): string {
  const bytes = [...Buffer.from(word)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

describe.runIf(isRoot)('datagrams', () => {
  let executor: Listening;
  let catcher: ChildProcess;
  let caught: string[];

  async function listenAt(address: string, ...more: readonly string[]): Promise<void> {
    caught = [];
    catcher = executor.start(fixture('catch'), [address, ...more]);
    if (catcher.stdout) createInterface({ input: catcher.stdout }).on('line', (line) => caught.push(line));
    await until(() => caught.shift());
  }
  const next = async (): Promise<Buffer> => {
    const line = (await until(() => caught.shift())) ?? '';
    return Buffer.from(line.replace('file ', ''), 'hex');
  };
  const journal = (words: readonly string[]) => executor.ask(`journal ${words.map(encode).join(' ')}`);

  beforeEach(async () => {
    executor = await Listening.start(`mkdir -p /run/systemd/journal && export NOTIFY_SOCKET=${NOTIFY}`);
  });
  afterEach(async () => {
    catcher?.kill();
    await executor.stop();
  });

  test('an entry reaches journald as it wants it', async () => {
    await listenAt(JOURNAL);
    const entry = { message: 'scanner given to web1', priority: 6, fields: { HOSTLER_GUEST: 'web1' } } as const;
    expect(await journal(journalFields(entry, 'hostler'))).toEqual(['ok']);
    expect((await next()).toString()).toBe(
      'MESSAGE=scanner given to web1\nPRIORITY=6\nSYSLOG_IDENTIFIER=hostler\nHOSTLER_GUEST=web1\n',
    );
  });

  test('a value with newlines cannot make further fields', async () => {
    await listenAt(JOURNAL);
    const value = 'a\nPRIORITY=0\nMESSAGE=forged';
    await journal([`HOSTLER_DEVICE=${value}`]);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(value.length));
    expect(await next()).toEqual(Buffer.concat([Buffer.from('HOSTLER_DEVICE\n'), length, Buffer.from(`${value}\n`)]));
  });

  test.each(['_PID=1', 'lower=1', '1ST=1', '=1', 'NOVALUE', `${'X'.repeat(65)}=1`])(
    'the field %s is malformed',
    async (field) => {
      expect(await journal(['MESSAGE=x', field])).toEqual(['fail 22 protocol journal']);
    },
  );

  test('what is too large for a datagram arrives as a sealed file', async () => {
    await listenAt(JOURNAL);
    const entry = `MESSAGE=${'x'.repeat(300_000)}\n`;
    expect(executor.run(fixture('send'), [JOURNAL], entry)).toBe('0\n');
    const line = (await until(() => caught.shift())) ?? '';
    expect(line.startsWith('file ')).toBe(true);
    expect(Buffer.from(line.slice('file '.length), 'hex').toString() === entry).toBe(true);
  });

  test('without journald the entry is lost and nobody waits', async () => {
    expect(await journal(['MESSAGE=x'])).toEqual([`fail 2 sendmsg ${JOURNAL}`]);
  });

  test('a journald that does not read costs its entries, never our time', async () => {
    await listenAt(JOURNAL);
    process.kill(pidOf(catcher), 'SIGSTOP');
    const answers = [];
    for (let i = 0; i < 2000 && answers.at(-1) === answers.at(0); i += 1)
      answers.push((await journal(['MESSAGE=x']))[0]);
    expect(answers.at(-1)).toBe(`fail 11 sendmsg ${JOURNAL}`);
    process.kill(pidOf(catcher), 'SIGCONT');
  });

  test('notify reaches an abstract socket', async () => {
    await listenAt(NOTIFY);
    expect(await executor.ask(`notify ${encode(notifyText({ READY: '1', STATUS: '2 guests\n3 nodes' }))}`)).toEqual([
      'ok',
    ]);
    expect((await next()).toString()).toBe('READY=1\nSTATUS=2 guests 3 nodes');
  });

  test.each([
    ['journal MESSAGE=x', JOURNAL],
    ['notify READY=1', NOTIFY],
  ])('%s comes from the agent, which journald and the manager of services look up', async (request, address) => {
    await listenAt(address, 'sender');
    expect(await executor.ask(request)).toEqual(['ok']);
    expect(await until(() => caught.shift())).toMatch(new RegExp(`^from ${process.pid} `));
  });

  test('an entry in a file comes from the executor where it cannot come from another, and arrives', async () => {
    await listenAt(JOURNAL, 'sender');
    expect(executor.run(fixture('send'), [JOURNAL], `MESSAGE=${'x'.repeat(300_000)}\n`)).toBe('0\n');
    expect(await until(() => caught.shift())).toMatch(/^from \d+ file 4d455353/);
  });

  test('notify without a listener says so', async () => {
    expect(await executor.ask('notify READY=1')).toEqual([`fail 111 sendmsg ${NOTIFY}`]);
  });
});

function pidOf(child: ChildProcess): number {
  return child.pid ?? 0;
}
