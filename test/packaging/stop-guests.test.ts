import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../packaging/stop-guests');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-stop-guests-'));
  program('systemd-notify', `echo "$@" >> ${folder}/notified`);
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, does: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
}

/** Runs it where `hostler` does this. */
function stopGuests(does: string) {
  program('hostler', `echo "$*" >> ${folder}/asked\n${does}`);
  const env = { PATH: `${folder}:${process.env.PATH}` };
  const { status, stdout } = spawnSync(SCRIPT, { env, encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, asked: lines('asked'), notified: lines('notified') };
}

function lines(name: string): readonly string[] {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

test('each step of a guest is said, and gives the others time', () => {
  const { status, stdout, notified } = stopGuests(
    `[ -e ${folder}/ended ] && exit; touch ${folder}/ended; echo "web1: asked to halt"; echo "web1: stopped in 2.0 s"`,
  );
  expect([status, stdout]).toEqual([0, 'web1: asked to halt\nweb1: stopped in 2.0 s\n']);
  expect(notified).toEqual([
    '--status=web1: asked to halt EXTEND_TIMEOUT_USEC=120000000',
    '--status=web1: stopped in 2.0 s EXTEND_TIMEOUT_USEC=120000000',
  ]);
});

test('nobody is given time where nothing gets on', () => {
  const { status, asked, notified } = stopGuests('exit 0');
  expect({ status, asked, notified }).toEqual({
    status: 0,
    asked: ['stop --all --quiet', 'stop --all --quiet'],
    notified: [],
  });
});

test('a guest that the kernel does not let end is told to systemd as a failure, and those that came meanwhile are stopped', () => {
  const { status, asked } = stopGuests('echo "web1: was killed, and does not end"; exit 1');
  expect([status, asked]).toEqual([1, ['stop --all --quiet', 'stop --all --quiet']]);
});

test('a guest that was killed has ended, and is no failure of what stops them', () => {
  const { status, asked } = stopGuests(`[ -e ${folder}/ended ] && exit; touch ${folder}/ended; exit 1`);
  expect([status, asked]).toEqual([0, ['stop --all --quiet', 'stop --all --quiet']]);
});

test('where no agent answers one is run, and ended when guests have halted', () => {
  const { status, asked } = stopGuests(`
case $1 in
  agent) trap 'touch ${folder}/ended; exit' TERM; touch ${folder}/runs; while :; do sleep 0.05; done ;;
  stop) [ -e ${folder}/runs ] || exit 5 ;;
esac`);
  expect([status, asked.filter((line) => line === 'agent')]).toEqual([0, ['agent']]);
  expect(existsSync(join(folder, 'ended'))).toBe(true);
});

test('an agent that ends at once is run again', () => {
  const { status, asked } = stopGuests(`
[ "$1" = stop ] || exit 1
[ "$(grep -c agent ${folder}/asked)" = 2 ] || exit 5`);
  expect([status, asked.filter((line) => line === 'agent')]).toEqual([0, ['agent', 'agent']]);
});
