import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openSinks } from '../../src/linux/sinks/open.ts';
import type { SinkSettings } from '../../src/model/alert.ts';
import type { AlertSink } from '../../src/ports/alert-sink.ts';
import { fakeSink, type Mood } from '../fakes/alert-sink.ts';
import { messageOf } from './alert-message.ts';
import { alertServer } from './alert-server.ts';

interface Side {
  readonly sink: AlertSink;
  be(mood: Mood): void;
  /** All that arrived, as text. */
  arrived(): string;
}

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const sides: readonly (readonly [string, () => Promise<Side>])[] = [
  ['a sink in memory', async () => inMemory()],
  ['an Alertmanager', () => overHttp('alertmanager')],
  ['a webhook', () => overHttp('webhook')],
  ['a command', async () => byProgram('command')],
  ['mail', async () => byProgram('mail')],
];

describe.each(sides)('%s', (_name, side) => {
  const never = new AbortController().signal;

  test('takes an alert and its end', async () => {
    const { sink, arrived } = await side();
    expect(await sink.send([messageOf()], never)).toEqual({ ok: true });
    const end = messageOf({ status: 'resolved', endsAt: '2026-03-01T12:34:56.789Z' });
    expect(await sink.send([end], never)).toEqual({ ok: true });
    for (const text of [
      'web1',
      'processes',
      'host1',
      '37 hits',
      '2026-03-01T12:00:00.000Z',
      '2026-03-01T12:34:56.789Z',
    ])
      expect(arrived()).toContain(text);
  });

  test('says why it does not take one, and takes the next', async () => {
    const { sink, be } = await side();
    be('refuses');
    expect(await sink.send([messageOf()], never)).toMatchObject({ ok: false, isFinal: false });
    be('well');
    expect(await sink.send([messageOf()], never)).toEqual({ ok: true });
  });

  test('that does not answer is left when the time is over', async () => {
    const { sink, be } = await side();
    be('hangs');
    const signal = AbortSignal.timeout(150);
    expect(await sink.send([messageOf()], signal)).toMatchObject({ ok: false, isFinal: false });
    expect(signal.aborted).toBe(true);
    be('well');
    expect(await sink.send([messageOf()], never)).toEqual({ ok: true });
  });

  test('has no time at all when it is over already', async () => {
    const { sink, be } = await side();
    be('hangs');
    expect(await sink.send([messageOf()], AbortSignal.abort())).toMatchObject({ ok: false });
  });
});

function inMemory(): Side {
  const sink = fakeSink();
  return {
    sink,
    be(mood) {
      sink.mood = mood;
    },
    arrived: () => JSON.stringify(sink.taken),
  };
}

async function overHttp(kind: 'alertmanager' | 'webhook'): Promise<Side> {
  const server = await alertServer();
  endings.push(server.close);
  return {
    sink: opened({ kind, url: server.url }),
    be(mood) {
      server.manners = mood;
    },
    arrived: () => JSON.stringify(server.requests),
  };
}

const PROGRAM = `#!/bin/sh
mood=$(cat "\${0%/*}/mood")
[ "$mood" = hangs ] && sleep 600
[ "$mood" = refuses ] && exit 3
cat >> "\${0%/*}/arrived"
`;

function byProgram(kind: 'command' | 'mail'): Side {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-sink-'));
  endings.push(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'program');
  writeFileSync(program, PROGRAM);
  chmodSync(program, 0o755);
  const be = (mood: Mood) => writeFileSync(join(folder, 'mood'), mood);
  be('well');
  const arrived = join(folder, 'arrived');
  return {
    sink: opened(kind === 'mail' ? { kind, address: 'root' } : { kind, command: [program] }, program),
    be,
    arrived: () => (existsSync(arrived) ? readFileSync(arrived, 'utf8') : ''),
  };
}

function opened(settings: SinkSettings, sendmail?: string): AlertSink {
  const [sink] = openSinks([settings], sendmail);
  if (sink === undefined) throw new Error('no sink');
  return sink;
}
