import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { udevIsBusy, udevRuns } from '../../src/linux/udevd.ts';
import { onTestHost } from '../scenarios/namespace.ts';

test.skipIf(!onTestHost)(
  'udevd runs while somebody listens on its socket; that the file is there proves nothing',
  async () => {
    mkdirSync('/run/udev', { recursive: true });
    rmSync('/run/udev/control', { force: true }); // a udevd that was killed leaves its own
    writeFileSync('/run/udev/control', '');
    expect(udevRuns()).toBe(false);
    rmSync('/run/udev/control');
    const server = createServer().listen('/run/udev/control');
    await once(server, 'listening');
    expect(udevRuns()).toBe(true);
    server.close();
    await once(server, 'close');
    expect(udevRuns()).toBe(false);
  },
);

test.skipIf(!onTestHost)('udevd is busy while its queue is not empty', () => {
  mkdirSync('/run/udev', { recursive: true });
  expect(udevIsBusy()).toBe(false);
  writeFileSync('/run/udev/queue', '');
  expect(udevIsBusy()).toBe(true);
  rmSync('/run/udev/queue');
});
