import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { tellOfLimits } from '../../scenarios/limits-story.ts';
import { createScene, type Scene } from '../../scenarios/scene.ts';
import { type NspawnGuest, plainMachine, systemctl } from './nspawn-guest.ts';

tellOfLimits();

const MiB = 2 ** 20;
const RELOADS = ['daemon-reload', 'daemon-reexec'];

describe('a machine whose cgroup systemd owns', () => {
  let scene: Scene;
  let guest: NspawnGuest;
  let cgroup: string;
  const held = (file: string) => readFileSync(`/sys/fs/cgroup${cgroup}/${file}`, 'utf8').trim();
  const holds = (file: string, value: string) => eventually(() => expect(held(file)).toBe(value));

  beforeAll(async () => {
    scene = await createScene({ rules: '' });
    scene.agent.policy(
      'small',
      'guests: limited*\nmemory: { rss: { limit: 64MiB } }\nprocesses: { limit: 40 }\ncpu: { bucket: { rate: 1, interval: 4, size: 500 } }',
    );
    guest = plainMachine('limited2', 1_000_000, 'ExecStop=/bin/sleep 5');
    await guest.start();
    cgroup = await eventually(async () => {
      const { instance } = await scene.agent.guest('limited2');
      if (instance === undefined) throw new Error('not found yet');
      return instance.cgroup;
    });
  });

  afterAll(async () => {
    await scene.end();
    await guest.destroy();
  });

  test('has the limits of its policy, and systemd knows them', async () => {
    await holds('memory.max', `${64 * MiB}`);
    await holds('pids.max', '40');
    await holds('cpu.max', '250000 1000000');
    await holds('cpu.max.burst', '250000');
    expect(await systemctl('show', '-p', 'MemoryMax', '-p', 'TasksMax', guest.unit)).toBe(
      `MemoryMax=${64 * MiB}\nTasksMax=40\n`,
    );
  });

  test.each(RELOADS)('keeps them through systemctl %s', async (command) => {
    await systemctl(command);
    await holds('memory.max', `${64 * MiB}`);
    await holds('cpu.max', '250000 1000000');
    await holds('cpu.max.burst', '250000');
  });

  test('has them back after somebody else has set a property, or written the file', async () => {
    await systemctl('set-property', '--runtime', guest.unit, 'MemoryMax=128M');
    await holds('memory.max', `${64 * MiB}`);
    writeFileSync(`/sys/fs/cgroup${cgroup}/pids.max`, 'max');
    await holds('pids.max', '40');
  });

  test('without its policy has what systemd had for it', async () => {
    scene.agent.policy('small', 'guests: nobody');
    await holds('memory.max', 'max');
    await holds('cpu.max', 'max 100000');
  });

  test('is known to be stopped as soon as systemd ends its unit', async () => {
    const stopped = guest.stop();
    await eventually(async () => {
      const said = (await scene.agent.events()).map(({ says }) => says);
      expect(said).toContain('limited2: is being stopped');
      expect(said).not.toContain('limited2: stopped');
    });
    await stopped;
  });
});
