import { expect, test } from 'vitest';
import { isEndedBy } from '../../src/model/ending-units.ts';
import type { Runtime } from '../../src/model/guest.ts';

const guest = (runtime: Runtime, cgroup?: string) => ({
  name: 'web1',
  runtime,
  ...(cgroup !== undefined && { instance: { pid: 7, startTime: '9', cgroup } }),
});
const NSPAWN = guest('nspawn', '/machine.slice/systemd-nspawn@web1.service');
const LXC = guest('lxc', '/lxc.payload.web1');

test.each([
  ['the service that it runs in', NSPAWN, 'systemd-nspawn@web1.service', true],
  ['the service of another', NSPAWN, 'systemd-nspawn@web2.service', false],
  ['a scope around it', guest('lxc', '/machine.slice/_odd.scope/payload'), 'odd.scope', true],
  ['the service that starts it', LXC, 'lxc@web1.service', true],
  ['the service that starts another', LXC, 'lxc@web10.service', false],
  ['the service that starts all of them', LXC, 'lxc.service', true],
  ['a service of another runtime', NSPAWN, 'lxc.service', false],
  ['a service that only has its name', LXC, 'web1.service', false],
  ['nothing of it while it is stopped', guest('nspawn'), 'systemd-nspawn@web1.service', false],
])('a guest is ended by the end of %s or is not', (_what, one, unit, ends) => {
  expect(isEndedBy(new Set(['other.service', unit]), one)).toBe(ends);
  expect(isEndedBy(new Set(['other.service']), one)).toBe(false);
});
