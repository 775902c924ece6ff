import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type Call, done, PretendedSystemd, property, refused, text, WITH_SYSTEMD } from './pretended-systemd.ts';
import { TestGuest } from './test-guest.ts';

const MIB = 1 << 20;
const NO_LIMIT = 2n ** 64n - 1n;

let executor: ExecutorClient;
let systemd: PretendedSystemd;
let guest: TestGuest;

const isSet = (call: Call): boolean => call.text.includes('SetUnitProperties');
const limit = (words: string, named = guest.named): Promise<string> => executor.tell(`limit-unit ${named} ${words}`);

/** A property of type t in a call: aligned to 8 from the beginning of the message. */
function number(call: Call | undefined, name: string): bigint {
  const bytes = Buffer.from(call?.text ?? '', 'latin1');
  const signature = bytes.indexOf(`${name}\0\x01t\0`, 0, 'latin1') + name.length + 1;
  return bytes.readBigUInt64LE(Math.ceil((signature + 3) / 8) * 8);
}

describe.skipIf(!isRoot).each(['scope', 'service'] as const)(
  'the limits of a guest that is a %s of systemd',
  (unit) => {
    beforeEach(async () => {
      executor = new ExecutorClient(WITH_SYSTEMD);
      systemd = new PretendedSystemd(executor);
      systemd.answer = (call) => (isSet(call) ? done(call) : property(call, 's', text('asked')));
      await systemd.listen();
      guest = await TestGuest.start({ unit });
    });
    afterEach(async () => {
      systemd.close();
      await guest.stop();
      await executor.stop();
    });

    test('are set by one call, and by one more they are in force', async () => {
      expect(await limit(`MemoryMax=${64 * MIB} MemorySwapMax=max CPUQuotaPerSecUSec=250000 TasksMax=7`)).toBe('ok');
      const [set] = systemd.calls;
      expect(systemd.calls.map(isSet)).toEqual([true, false]);
      expect(systemd.connections).toBe(1);
      expect(set?.words).toContain(guest.cgroup.slice(1));
      expect(number(set, 'MemoryMax')).toBe(BigInt(64 * MIB));
      expect(number(set, 'MemorySwapMax')).toBe(NO_LIMIT);
      expect(number(set, 'CPUQuotaPerSecUSec')).toBe(250_000n);
      expect(number(set, 'TasksMax')).toBe(7n);
    });

    test('are all that systemd takes as numbers', async () => {
      const names =
        'MemoryMin MemoryLow MemoryHigh MemoryMax MemorySwapMax MemoryLimit CPUQuotaPerSecUSec CPUQuotaPeriodUSec';
      const all = `${names} CPUWeight CPUShares TasksMax IOWeight BlockIOWeight`.split(' ');
      expect(await limit(all.map((name, index) => `${name}=${index}`).join(' '))).toBe('ok');
      expect(all.map((name) => number(systemd.calls[0], name))).toEqual(all.map((_, index) => BigInt(index)));
    });

    test('that systemd refuses are refused with its word', async () => {
      systemd.answer = (call) => refused(call, 'org.freedesktop.systemd1.NoSuchUnit');
      expect(await limit('TasksMax=7')).toBe('fail 121 systemd org.freedesktop.systemd1.NoSuchUnit');
    });

    test('are not waited for without end, nobody else waits with it, and one is enough', async () => {
      systemd.answer = () => undefined;
      const slow = limit('TasksMax=7');
      expect(await limit('TasksMax=8')).toBe(`fail 16 busy ${guest.cgroup}`);
      expect(await executor.tell('status')).toBe('ok');
      expect(await slow).toBe('fail 110 systemd /run/systemd/private');
    });

    test.each([
      'TasksMax',
      'TasksMax=',
      'TasksMax=-1',
      'TasksMax=7%20',
      'TasksMax=0x7',
      'TasksMax=18446744073709551615',
      'TasksMax=18446744073709551616',
      'MemoryMax=64M',
      'DevicePolicy=1',
      'tasksmax=7',
      '=7',
      'CPUQuota=25%25',
      Array(33).fill('TasksMax=7').join(' '),
    ])('are never %s, and systemd is not asked', async (words) => {
      expect(await limit(`MemoryMax=${MIB} ${words}`)).toBe('fail 22 protocol limit-unit');
      expect(systemd.connections).toBe(0);
    });

    test('are those of this guest only, and systemd is not asked for another', async () => {
      const [pid, start = '', cgroup = ''] = guest.named.split(' ');
      const asked = (named: string): Promise<string> => limit('TasksMax=7', named);
      expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
      expect(await asked(`${process.pid} 1 ${cgroup}`)).toBe(`fail 3 guest ${process.pid}`);
      for (const other of ['/system.slice/ssh.service', '/x.scope', `/system.slice${cgroup}`])
        expect(await asked(`${pid} ${start} ${other}`)).toBe(`fail 1 cgroup ${other}`);
      for (const other of ['/', '/lxc', `${cgroup}/payload`, `/..${cgroup}`, 'x.scope', '/machine.slice'])
        expect(await asked(`${pid} ${start} ${other}`)).toBe(`fail 1 unit ${other}`);
      expect(systemd.connections).toBe(0);
    });
  },
);

test.skipIf(!isRoot)('without systemd nothing is a unit of it', async () => {
  executor = new ExecutorClient('mount -t tmpfs none /run');
  guest = await TestGuest.start({ unit: 'scope' });
  expect(await limit('TasksMax=7')).toBe(`fail 1 unit ${guest.cgroup}`);
  await guest.stop();
  await executor.stop();
});
