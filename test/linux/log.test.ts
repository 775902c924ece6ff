import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { journalLog } from '../../src/linux/log.ts';
import { atRest } from '../fakes/clock.ts';
import { fakeHost } from '../fakes/host.ts';
import { Machine } from '../fakes/machine.ts';
import { onTestHost } from '../scenarios/namespace.ts';

const JOURNAL = '/run/systemd/journal';
const entry = { message: 'a\nb\x1b[31mc', messageId: '0'.repeat(32), priority: 4, fields: {} } as const;

afterEach(() => {
  vi.restoreAllMocks();
  if (onTestHost) rmSync(JOURNAL, { recursive: true, force: true });
});

function written(): string[] {
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  return lines;
}

test.skipIf(!onTestHost)('without a journal an entry is one line of standard error that no terminal obeys', () => {
  const lines = written();
  const host = fakeHost(new Machine());
  journalLog(host)(entry);
  expect(lines).toEqual(['<4>a\\x0ab\\x1b[31mc\n']);
  expect(host.journalled).toEqual([]);
});

test.skipIf(!onTestHost)(
  'with a journal it goes there, as readable, and to standard error only when it does not arrive',
  async () => {
    mkdirSync(JOURNAL, { recursive: true });
    writeFileSync(`${JOURNAL}/socket`, '');
    const lines = written();
    const machine = new Machine();
    const host = fakeHost(machine);
    const log = journalLog(host);
    log(entry);
    await atRest();
    expect([host.journalled, lines]).toEqual([[{ ...entry, message: 'a\\x0ab\\x1b[31mc' }], []]);
    machine.line.end();
    log(entry);
    await atRest();
    expect(lines).toHaveLength(1);
  },
);
