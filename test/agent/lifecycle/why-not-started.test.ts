import { expect, test } from 'vitest';
import { whyNotStarted } from '../../../src/agent/lifecycle/why-not-started.ts';

const why = (call: string, errno: string, subject = '') => whyNotStarted('web1', '/srv/lxc', { call, errno, subject });

test('a unit that failed is named, with the command that shows why', () => {
  expect(why('result', 'EREMOTEIO', 'lxc@web1.service exit-code')).toBe(
    'its unit lxc@web1.service failed (exit-code); journalctl -u lxc@web1.service -n 20 says why',
  );
  expect(why('systemd-run', 'EREMOTEIO', 'Failed to start')).toBe(
    'systemd-run says: Failed to start; journalctl -u hostler-lxc-web1.service -n 20 may say more',
  );
});

test('what LXC says is told, also where that is nothing', () => {
  const more = 'lxc-start -P /srv/lxc -n web1 -F says more';
  expect(why('lxc-start', 'EREMOTEIO', 'no\u001b root')).toBe(`lxc-start says: no\\x1b root; ${more}`);
  expect(why('lxc-start', 'EREMOTEIO')).toBe(`lxc-start failed and said nothing; ${more}`);
});

test('what is not there is named', () => {
  expect(why('guest', 'ENOENT')).toBe('no guest of that name is on this host');
  expect(why('execve', 'ENOENT', 'lxc-start')).toBe('there is no lxc-start on this host');
  expect(why('systemd', 'ENOTSUP', 'web1')).toBe('systemd starts guests of nspawn, and does not run here');
});

test('systemd that refuses or is silent is told, and of what else goes wrong the call', () => {
  expect(why('systemd', 'EREMOTEIO', 'org.freedesktop.systemd1.UnitMasked')).toBe(
    'systemd refused: org.freedesktop.systemd1.UnitMasked',
  );
  expect(why('systemd', 'ETIMEDOUT', '/run/systemd/private')).toMatch(/^systemd did not answer/);
  expect(why('systemd', 'EPROTO', 'lxc@web1.service')).toBe('systemd EPROTO lxc@web1.service');
  expect(why('constructor', 'EIO')).toBe('constructor EIO');
});

test('a command that is named can be typed as it stands', () => {
  const odd = (call: string) => whyNotStarted('ru odd', '/srv/lxc two', { call, errno: 'EREMOTEIO', subject: '' });
  expect(odd('lxc-start')).toMatch(/; lxc-start -P '\/srv\/lxc two' -n 'ru odd' -F says more$/);
  expect(odd('systemd-run')).toMatch(/; journalctl -u 'hostler-lxc-\*' -n 20 may say more$/);
});
