import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type Hearing, hearIn } from './hearing.ts';
import { TestGuest } from './test-guest.ts';

const ZERO = 'c:1:5 K:DEVPATH=/devices/virtual/mem/zero K:SUBSYSTEM=mem K:MAJOR=1 K:MINOR=5 K:DEVNAME=inside/zero';

/** A number that goes to a guest is one that nobody here hears; one too many of these would hide a loss. */
describe.skipIf(!isRoot)('a uevent that is lost is missed', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let hearing: Hearing;
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ users: [100_000, 65_536], net: true });
    await executor.tell(guest.opening);
    await executor.tell('uevents 1048576 mem');
    hearing = await hearIn(guest.pid);
    await hears('zero');
  });
  afterEach(async () => {
    await hearing.end();
    await executor.stop();
    await guest.stop();
  });

  const poke = (device: string): void => writeFileSync(`/sys/devices/virtual/${device}/uevent`, 'change');
  const heard = (device: string): number =>
    executor.events.filter((line) => line.includes(`/devices/virtual/mem/${device} `)).length;
  const hears = async (device: string): Promise<void> => {
    const before = heard(device);
    poke(`mem/${device}`);
    await eventually(() => expect(heard(device)).toBe(before + 1));
  };
  const gaps = async (): Promise<number> =>
    Number((await executor.ask('status')).find((row) => row.startsWith('row uevents-gaps '))?.split(' ')[2]);
  /** Only the network namespace of the tests hears of its loopback device. */
  const gapsAfterLoss = async (): Promise<number> => {
    const before = await gaps();
    poke('net/lo');
    await hears('zero');
    return (await gaps()) - before;
  };

  test('after a guest could not be told', async () => {
    const long = Array.from({ length: 3 }, (_, index) => `K:LONG${index}=${'x'.repeat(900)}`).join(' ');
    expect(await executor.tell(`tell ${guest.name} add ${ZERO} ${long}`)).toBe('fail 7 uevent c:1:5');
    expect(await gapsAfterLoss()).toBe(1);
  });

  test('after a guest was told while others were heard, and its number was missed already', async () => {
    const worker = executor.worker();
    process.kill(worker, 'SIGSTOP');
    const told = executor.tell(`tell ${guest.name} add ${ZERO}`);
    await executor.tell('guest-close nobody');
    process.kill(executor.pid, 'SIGSTOP');
    poke('mem/full');
    process.kill(worker, 'SIGCONT');
    await eventually(() => expect(hearing.heard).toHaveLength(2));
    poke('mem/full');
    process.kill(executor.pid, 'SIGCONT');
    expect(await told).toBe('ok');
    expect(await gapsAfterLoss()).toBe(1);
  });
});
