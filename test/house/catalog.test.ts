import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createReporter } from '../../src/agent/reporter.ts';
import { commandFailures } from '../../src/model/command-failures.ts';
import { failures } from '../../src/model/failure.ts';
import type { JournalEntry } from '../../src/ports/host.ts';
import { createHistory } from '../../src/report/history.ts';
import { handClock } from '../fakes/clock.ts';

const path = join(import.meta.dirname, '../../packaging/catalog/hostler.catalog');
const catalog = readFileSync(path, 'utf8');
const entries = new Map(
  catalog
    .split(/^-- /m)
    .slice(1)
    .map((entry) => [entry.slice(0, 32), entry]),
);

/** What an alert has in the journal. */
function alertEntry(): JournalEntry {
  const log: JournalEntry[] = [];
  const report = createReporter(createHistory(1), handClock(), (entry) => log.push(entry));
  report.fact({ kind: 'alert', guest: 'web1', resource: 'rss', action: 'firing', says: 'web1: ...' });
  const [entry] = log;
  if (entry === undefined) throw new Error('nothing was logged');
  return entry;
}

test('the catalog explains alerts, and all that can be wrong but with a command, which says that itself', () => {
  const ids = Object.entries(failures).flatMap(([code, { messageId }]) => (code in commandFailures ? [] : messageId));
  expect([...entries.keys()].sort()).toEqual([alertEntry().messageId, ...ids].sort());
});

test('what it shows of something that is refused are fields that it has', () => {
  for (const [id, entry] of entries) {
    if (id === alertEntry().messageId) continue;
    expect([...entry.matchAll(/@(\w+)@/g)].map(([, name]) => name).filter((name) => name !== 'HOSTLER_GUEST')).toEqual(
      [],
    );
    expect(entry).toMatch(/^Subject: \S.*\nDefined-By: hostler\nDocumentation: man:/m);
  }
});

test('what it shows of an alert are fields that alerts have', () => {
  const { messageId, fields } = alertEntry();
  const shown = [...(entries.get(messageId) ?? '').matchAll(/@(\w+)@/g)].map(([, name = '']) => name);
  expect(new Set(shown)).toEqual(new Set(Object.keys(fields)));
});

test.skipIf(spawnSync('journalctl', ['--version']).status !== 0)('journald takes it', () => {
  const root = mkdtempSync(join(tmpdir(), 'hostler-catalog-'));
  const installed = join(root, 'usr/lib/systemd/catalog');
  mkdirSync(installed, { recursive: true });
  mkdirSync(join(root, 'var/lib/systemd/catalog'), { recursive: true });
  cpSync(path, join(installed, 'hostler.catalog'));
  const updated = spawnSync('journalctl', [`--root=${root}`, '--update-catalog'], { encoding: 'utf8' });
  const listed = spawnSync('journalctl', [`--root=${root}`, '--list-catalog'], { encoding: 'utf8' });
  rmSync(root, { recursive: true });
  expect([updated.status, updated.stderr]).toEqual([0, '']);
  for (const id of entries.keys()) expect(listed.stdout).toContain(id);
});
