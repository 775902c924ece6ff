import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Ask, systemdLimits } from '../../src/linux/shutdown-limits.ts';

/** As systemd 252 prints them. */
const UNITS = `Id=hostler-guests.service
ActiveState=active
TimeoutStopUSec=25min
JobTimeoutUSec=infinity

Id=reboot.target
ActiveState=inactive
JobTimeoutUSec=30min

Id=poweroff.target
ActiveState=inactive
JobTimeoutUSec=infinity
`;

function host(units = UNITS): Ask {
  return async (program, words) => {
    if (program === 'busctl') return 't 5000000\n';
    return words.includes('reboot.target') ? units : 'RebootWatchdogUSec=10min\n';
  };
}

const runs = () => true;

test('what systemd and logind wait is read from them', async () => {
  expect(await systemdLimits(host(), runs).read()).toEqual([
    { name: 'TimeoutStopSec of hostler-guests.service', ends: 'guests', ms: 1_500_000, isOurs: true },
    { name: 'JobTimeoutSec of reboot.target', ends: 'guests', ms: 1_800_000 },
    { name: 'JobTimeoutSec of poweroff.target', ends: 'guests' },
    { name: 'RebootWatchdogSec of systemd', ends: 'after', ms: 600_000 },
    { name: 'InhibitDelayMaxSec of logind', ends: 'before', ms: 5000 },
  ]);
});

test('a service that is not active is no limit, and it is said who ends guests then', async () => {
  const [first] = await systemdLimits(host(UNITS.replace('=active', '=inactive')), runs).read();
  expect(first).toMatchObject({ unread: expect.stringContaining('not active') });
  expect(first).not.toHaveProperty('ms');
  expect(first).not.toHaveProperty('isOurs');
});

test('what cannot be asked is said, and the rest is read', async () => {
  const ask: Ask = async (program, words) => {
    if (program === 'busctl') throw new Error('Command failed: busctl\nFailed to connect to bus');
    return host()(program, words);
  };
  const limits = await systemdLimits(ask, runs).read();
  expect(limits.at(-1)).toMatchObject({ unread: 'Failed to connect to bus' });
  expect(limits[1]).toMatchObject({ ms: 1_800_000 });
});

test('without systemd there are none, and nobody is asked', async () => {
  const ask: Ask = () => Promise.reject(new Error('asked'));
  expect(await systemdLimits(ask, () => false).read()).toEqual([]);
});

test.runIf(spawnSync('systemctl', ['--version']).status === 0)('its options are known to systemctl', async () => {
  const asked: string[] = [];
  const ask: Ask = async (program, words) => {
    if (program === 'systemctl') asked.push(spawnSync(program, words, { encoding: 'utf8' }).stderr);
    return '';
  };
  await systemdLimits(ask, runs).read();
  expect(asked.join('')).not.toMatch(/option|argument|operation/);
});
