import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CgroupReader } from '../../src/linux/cgroup-reader.ts';
import { devicesHierarchy, hostControllers } from '../../src/linux/controllers.ts';
import type { GuestInstance } from '../../src/model/guest.ts';

const controllers = hostControllers();
const named = devicesHierarchy();
const mounts = [
  ...new Set([
    named,
    ...['memory', 'cpu', 'cpuacct', 'pids', 'blkio'].flatMap((name) => controllers.mountOf(name) ?? []),
  ]),
];
const pids = controllers.mountOf('pids') ?? '';
const NAME = `/hostler-test-read-${process.pid}`;
const isRoot = process.getuid?.() === 0;

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe.runIf(isRoot && controllers.hierarchy === 'v1')('the cgroup of a guest', () => {
  let init: ChildProcess;
  let instance: GuestInstance;
  let reader: CgroupReader;

  const enter = (mount: string, cgroup = NAME): void =>
    writeFileSync(join(mount, cgroup, 'cgroup.procs'), String(init.pid));
  const leave = (mount: string, cgroup = NAME): void => rmdirSync(join(mount, cgroup));
  /** Some fork is refused there. */
  const hit = async (times: number, cgroup = NAME): Promise<void> => {
    writeFileSync(join(pids, NAME, 'pids.max'), '1');
    const child = spawn('perl', [
      '-e',
      'open F, ">", shift; syswrite F, $$; fork for 1..shift',
      join(pids, cgroup, 'cgroup.procs'),
      `${times}`,
    ]);
    await once(child, 'exit');
  };

  beforeEach(() => {
    init = spawn('sleep', ['infinity'], { stdio: 'ignore' });
    for (const mount of mounts) {
      mkdirSync(join(mount, NAME));
      enter(mount);
    }
    instance = { pid: init.pid ?? 0, startTime: '1', cgroup: NAME };
    reader = new CgroupReader(controllers, named);
  });
  afterEach(async () => {
    await end();
    for (const mount of mounts) if (readdirSync(mount).includes(NAME.slice(1))) leave(mount);
  });

  async function end(): Promise<void> {
    if (init.exitCode !== null || init.signalCode !== null) return;
    init.kill('SIGKILL');
    await once(init, 'exit');
  }

  test('is read through files that stay open, and none stays open after its end', async () => {
    const before = descriptors();
    const first = reader.read(instance);
    expect(first?.values['pids.max']).toBe('max');
    expect(first?.held.processes?.held).toBe(1);
    expect(first?.counters).toMatchObject({ processes: 0, 'oom-kill': 0, rss: 0 });
    const open = descriptors();
    expect(open).toBeGreaterThan(before + 15);
    writeFileSync(join(pids, NAME, 'pids.max'), '7');
    expect(reader.read(instance)?.values['pids.max']).toBe('7');
    expect(descriptors()).toBe(open);
    reader.end(instance);
    expect(descriptors()).toBe(before);
  });

  test('has its last counters read when its init is gone', async () => {
    reader.read(instance);
    await hit(5);
    await end();
    expect(reader.end(instance)?.counters.processes).toBe(5);
  });

  test('has said what it counted when somebody glanced at it, although it is gone', async () => {
    reader.read(instance);
    await hit(5);
    reader.glance(instance, 'pids.events');
    await hit(2);
    await end();
    for (const mount of mounts) leave(mount);
    expect(reader.read(instance)).toBeUndefined();
    expect(reader.end(instance)?.counters.processes).toBe(5);
    expect(reader.end(instance)).toBeUndefined();
  });

  test('has what is refused in cgroups of its own counted apart, once it had as many as it may', async () => {
    const below = `${NAME}/system.slice`;
    mkdirSync(join(pids, below));
    try {
      expect(reader.read(instance)?.below).toEqual({ counts: {}, isWhole: true });
      await hit(5, below);
      const inode = String(statSync(join(pids, below)).ino);
      const seen = reader.read(instance);
      expect(seen?.counters.processes).toBe(0);
      expect(seen?.below).toEqual({ counts: { [inode]: 5 }, isWhole: true });
      await hit(2, below);
      expect(reader.read(instance)?.below?.counts[inode]).toBe(5);
      expect(reader.end(instance)?.below?.counts[inode]).toBe(7);
    } finally {
      rmdirSync(join(pids, below));
    }
  });

  test('is gone when it was removed before, and a cgroup of the same name is another', async () => {
    const first = reader.read(instance);
    await end();
    for (const mount of mounts) leave(mount);
    expect(reader.read(instance)).toBeUndefined();
    expect(reader.end(instance)).toMatchObject({ epoch: first?.epoch, counters: first?.counters });
    for (const mount of mounts) mkdirSync(join(mount, NAME));
    init = spawn('sleep', ['infinity'], { stdio: 'ignore' });
    for (const mount of mounts) enter(mount);
    const again = reader.read({ ...instance, pid: init.pid ?? 0 });
    expect(again?.epoch).not.toBe(first?.epoch);
  });

  test('has one name, into however many hierarchies the guest was put already', () => {
    const memory = controllers.mountOf('memory') ?? '';
    writeFileSync(join(memory, 'cgroup.procs'), String(init.pid));
    const before = reader.read(instance);
    expect(before?.values['memory.limit_in_bytes']).toBeUndefined();
    enter(memory);
    const after = reader.read(instance);
    expect(after?.values['memory.limit_in_bytes']).toBeDefined();
    expect(after?.epoch).toBe(before?.epoch);
  });

  test('that is made anew in one hierarchy is found there', () => {
    reader.read(instance);
    writeFileSync(join(pids, 'cgroup.procs'), String(init.pid));
    leave(pids);
    mkdirSync(join(pids, NAME));
    enter(pids);
    expect(reader.read(instance)?.held.processes?.held).toBe(1);
  });
});
