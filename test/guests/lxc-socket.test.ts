import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { MonitorSockets } from '../../src/guests/lxc-socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostler-sockets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sockets = join(folder, 'unix');
const HEAD = 'Num       RefCount Protocol Flags    Type St Inode Path\n0000: 00000002 00000000 00010000 0001 01 5 ';

test.each([
  ['@/var/lib/lxc/web1/command', true],
  ['@/var/lib/lxc/web12/command', false],
  ['@/srv/var/lib/lxc/web1/command', false],
  ['@/var/lib/lxc/web1/command2', false],
  ['/var/lib/lxc/web1/command', false],
])('a monitor of web1 is there where somebody listens on %s: %s', (path, isThere) => {
  writeFileSync(sockets, `${HEAD}${path}\n`);
  expect(new MonitorSockets(sockets).has('/var/lib/lxc', 'web1')).toBe(isThere);
});

test('without the list of sockets nothing is waited for', () => {
  expect(new MonitorSockets(join(folder, 'none')).has('/var/lib/lxc', 'web1')).toBe(false);
});

test('who asks later is told what is there then', async () => {
  const monitors = new MonitorSockets(sockets);
  writeFileSync(sockets, HEAD);
  expect(monitors.has('/var/lib/lxc', 'web1')).toBe(false);
  writeFileSync(sockets, `${HEAD}@/var/lib/lxc/web1/command\n`);
  await setImmediate();
  expect(monitors.has('/var/lib/lxc', 'web1')).toBe(true);
});
