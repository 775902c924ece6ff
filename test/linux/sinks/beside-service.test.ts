import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { besideService } from '../../../src/linux/sinks/beside-service.ts';

test('what a program and its environment are called means nothing to systemd-run', () => {
  const { words } = besideService(['/usr/local/bin/page', '--urgent', '-h'], { HOSTLER_SUMMARY: '--version' });
  expect(words.slice(-4)).toEqual(['--', '/usr/local/bin/page', '--urgent', '-h']);
  expect(words).toContain('--setenv=HOSTLER_SUMMARY=--version');
});

test.runIf(spawnSync('systemd-run', ['--version']).status === 0)('its options are known to systemd-run', () => {
  const [program, ...args] = besideService(['/bin/true'], { HOSTLER_STATUS: 'firing' }).words;
  const { stderr } = spawnSync(program, args, { encoding: 'utf8' });
  expect(stderr).not.toMatch(/option|argument/);
});

test('each has a unit of its own', () => {
  const units = [1, 2].map(() => besideService(['/bin/true'], {}).words.find((word) => word.startsWith('--unit=')));
  expect(new Set(units).size).toBe(2);
});
