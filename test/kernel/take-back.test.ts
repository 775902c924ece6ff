import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV2, V2_ROOT, WITHOUT_V1 } from './hierarchies.ts';
import { PretendedSystemd, WITH_SYSTEMD } from './pretended-systemd.ts';
import { PretendedUnit } from './pretended-unit.ts';
import { TestGuest } from './test-guest.ts';

const MACHINE = '/machine.slice/systemd-nspawn@m1.service';

let executor: ExecutorClient;
let systemd: PretendedSystemd;
let unit: PretendedUnit;
async function begin(commands: string): Promise<void> {
  executor = new ExecutorClient(commands);
  systemd = new PretendedSystemd(executor);
  unit = new PretendedUnit();
  unit.allow = [
    ['char-pts', 'rw'],
    ['/dev/char/188:7', 'rw'],
    ['/dev/block/7:1', 'r'],
  ];
  systemd.answer = unit.answer;
  await systemd.listen();
}
async function stop(): Promise<void> {
  systemd.close();
  await executor.stop();
}

describe.skipIf(!isRoot)('what systemd keeps with a service', () => {
  beforeEach(() => begin(WITH_SYSTEMD));
  afterEach(stop);

  test('of nspawn is taken back without its guest, and what others set stays', async () => {
    expect(await executor.tell(`take-back ${MACHINE} c:188:7:rw b:7:1:r c:1:11:r`)).toBe('ok');
    expect(unit.allow).toEqual([['char-pts', 'rw']]);
    expect(systemd.calls.every(({ text }) => /systemd_2dnspawn_40m1_2eservice|systemd-nspawn@m1/.test(text))).toBe(
      true,
    );
    expect(systemd.connections).toBe(1);
  });

  test('is taken back at once, up to 1,024 entries, and more are refused as a whole', async () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, minor) => `c:189:${minor}:rw`).join(' ');
    unit.allow.push(...Array.from({ length: 300 }, (_, minor): [string, string] => [`/dev/char/189:${minor}`, 'rwm']));
    expect(await executor.tell(`take-back ${MACHINE} ${numbers(1025)}`)).toBe(`fail 7 entries ${MACHINE}`);
    expect(systemd.calls).toEqual([]);
    expect(await executor.tell(`take-back ${MACHINE} ${numbers(300)}`)).toBe('ok');
    expect(unit.allow.filter(([path]) => path.startsWith('/dev/char/189:')).every(([, access]) => access === 'm')).toBe(
      true,
    );
    expect(unit.allow.length).toBe(303);
    expect(systemd.calls.filter(({ text }) => text.includes('SetUnitProperties')).length).toBe(1);
    expect(await executor.tell(`take-back ${MACHINE} ${numbers(1024).replaceAll('rw', 'm')}`)).toBe('ok');
    expect(unit.allow.length).toBe(3);
  });

  test.each([
    ['a service that is no guest', '/system.slice/ssh.service'],
    ['a name that only begins like one of nspawn', '/system.slice/systemd-nspawn@.service'],
    ['a name that systemd would not give', '/system.slice/systemd-nspawn@m1 x.service'.replace(' ', '%20')],
    ['a scope', '/machine.slice/machine-m1.scope'],
    ['what is below a unit', `${MACHINE}/payload`],
    ['a name without a place', 'systemd-nspawn@m1.service'],
    ['the root', '/'],
  ])('is not asked for, and systemd not either, when it is %s', async (_what, cgroup) => {
    expect(await executor.tell(`take-back ${cgroup} c:188:7:rw`)).toBe(`fail 1 unit ${cgroup}`);
    expect(systemd.connections).toBe(0);
  });

  test.each(['c:188:7', 'c:188:7:x', 'x:1:1:r', 'c:188:7:rw:'])('is not touched for %s', async (grant) => {
    expect(await executor.tell(`take-back ${MACHINE} ${grant}`)).toBe('fail 22 protocol take-back');
    expect(systemd.connections).toBe(0);
  });

  test('is not waited for without end, nobody else waits with it, and only so many wait at a time', async () => {
    systemd.answer = () => undefined;
    const slow = Array.from({ length: 17 }, (_, at) => executor.tell(`take-back ${MACHINE} c:188:${at}:rw`));
    expect(await slow[16]).toBe('fail 16 busy systemd-nspawn@m1.service');
    expect(await executor.tell('status')).toBe('ok');
    const answers = new Set(await Promise.all(slow.slice(0, 16)));
    expect([...answers]).toEqual(['fail 110 systemd /run/systemd/private']);
    systemd.answer = unit.answer;
    expect(await executor.tell(`take-back ${MACHINE} c:188:7:rw`)).toBe('ok');
  });
});

test.skipIf(!isRoot)('without systemd there is nothing to take back', async () => {
  const alone = new ExecutorClient('mount -t tmpfs none /run');
  expect(await alone.tell(`take-back ${MACHINE} c:1:5:r`)).toBe(`fail 1 unit ${MACHINE}`);
  await alone.stop();
});

describe.skipIf(!isRoot || !hasV2)('a service of any name', () => {
  beforeEach(() => begin(`${WITHOUT_V1} && ${WITH_SYSTEMD}`));
  afterEach(stop);

  test.each(['service', 'scope'] as const)('that was opened as the %s of a guest', async (kind) => {
    const guest = await TestGuest.start({ hierarchy: V2_ROOT, unit: kind });
    const asking = `take-back ${guest.cgroup} c:188:7:rw`;
    expect(await executor.tell(asking)).toBe(`fail 1 unit ${guest.cgroup}`);
    expect(await executor.tell(`guest-open nobody 1 ${guest.cgroup}`)).toMatch(/^fail/);
    expect(await executor.tell(asking)).toBe(`fail 1 unit ${guest.cgroup}`);
    expect((await executor.ask(guest.opening)).length).toBe(1);
    await guest.stop();
    await executor.event(/^guest-gone/);
    expect(await executor.tell(asking)).toBe(kind === 'service' ? 'ok' : `fail 1 unit ${guest.cgroup}`);
    expect(unit.allow.length).toBe(kind === 'service' ? 2 : 3);
  });
});
