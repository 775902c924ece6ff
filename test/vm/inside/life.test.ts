import { mkdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLxcGuest, type LxcGuest } from '../../../src/cli/demo/lxc-guest.ts';
import { decodeWord, encodeWord } from '../../../src/linux/wire.ts';
import { ExecutorClient } from '../../kernel/executor-client.ts';
import { startTime } from '../../kernel/start-time.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { bootedMachine, type NspawnGuest, systemctl } from './nspawn-guest.ts';

let executor: ExecutorClient;
beforeEach(() => {
  executor = new ExecutorClient();
});
afterEach(() => executor.stop());

/** `PID STARTTIME CGROUP` of what has its init below this cgroup. */
const named = (cgroup: string) =>
  eventually(async () => {
    const [row = ''] = await executor.ask(`inits ${cgroup}`);
    const [, pid] = /^row (\d+)/.exec(row) ?? [];
    expect(pid, row).toBeDefined();
    return `${pid} ${startTime(Number(pid))} ${cgroup}`;
  });
const inside = async (guest: string, script: string) =>
  (await executor.tell(`run-inside ${guest} 300 sh -c ${encodeWord(script)}`)).split(' ').map(decodeWord);
const field = (status: string, name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1];

/** A program in it, once its init has set itself up, has what that has. */
async function holdsWhatInitHolds(guest: string): Promise<void> {
  const init = () => readFileSync(`/proc/${guest.split(' ')[0]}/status`, 'utf8');
  await eventually(async () => {
    const [ok, code, output = ''] = await inside(guest, 'cat /proc/self/status');
    expect([ok, code], output).toEqual(['ok', '0']);
    for (const name of ['CapPrm', 'CapBnd', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters'])
      expect(`${name} ${field(output, name)}`).toBe(`${name} ${field(init(), name)}`);
  });
}

describe('a machine of nspawn', () => {
  let machine: NspawnGuest | undefined;
  afterEach(async () => {
    await machine?.destroy();
    machine = undefined;
  });

  test.each([
    ['', undefined],
    [' with users of its own', 1_000_000],
  ])('%s is begun, looked into, and made to halt by its own command', async (_, firstId) => {
    machine = bootedMachine('begun', firstId);
    expect(await executor.tell('start-guest nspawn begun')).toBe('ok');
    const guest = await named('/machine.slice/systemd-nspawn@begun.service');
    await eventually(async () => expect((await inside(guest, 'true'))[0]).toBe('ok'));
    await holdsWhatInitHolds(guest);
    await eventually(async () =>
      expect(await executor.tell(`reach ${guest} unix /run/systemd/private`)).toBe('ok yes'),
    );
    expect((await inside(guest, 'cat /proc/self/cgroup'))[2]).toMatch(/^0::\/hostler-run-[0-9a-f]{8}$/m);
    await eventually(async () => {
      await inside(guest, 'systemctl halt'); // it may end with the guest before it has answered
      expect(await systemctl('show', '-p', 'ActiveState', machine?.unit ?? '')).toBe('ActiveState=inactive\n');
    });
  });
});

describe('a guest of LXC', () => {
  let guest: LxcGuest | undefined;
  afterEach(async () => {
    await guest?.destroy();
    guest = undefined;
  });

  test('is begun as LXC’s own service, and looked into', async () => {
    guest = createLxcGuest({ name: 'begun', lxcPath: '/var/lib/lxc' });
    expect(await executor.tell('start-guest lxc begun /var/lib/lxc')).toBe('ok');
    expect(await systemctl('show', '-p', 'ActiveState', 'lxc@begun.service')).toBe('ActiveState=active\n');
    await holdsWhatInitHolds(await named('/lxc.payload.begun'));
  });

  test.each([
    ['/var/lib/lxc', 'begun odd,%n', String.raw`hostler-lxc-begun\x20odd\x2c\x25n.service`],
    ['/srv/begun two%n', 'begun', 'hostler-lxc-begun.service'],
  ])(
    'in %s that is called %s is begun as a service of its own, which knows what to stop',
    async (lxcPath, name, unit) => {
      mkdirSync(lxcPath, { recursive: true });
      guest = createLxcGuest({ name, lxcPath });
      expect(await executor.tell(`start-guest lxc ${encodeWord(name)} ${encodeWord(lxcPath)}`)).toBe('ok');
      await named(encodeWord(`/lxc.payload.${name}`));
      expect(await systemctl('show', '-p', 'ActiveState', unit)).toBe('ActiveState=active\n');
      const stops = `argv[]=/usr/bin/lxc-stop -P ${lxcPath} -n ${name} ;`;
      expect(await systemctl('show', '-p', 'ExecStop', unit)).toContain(stops);
      await systemctl('daemon-reload');
      expect(await systemctl('show', '-p', 'ExecStop', unit)).toContain(stops);
    },
  );
});
