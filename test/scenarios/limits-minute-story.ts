import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupsOf, counted, cpuCgroupsOf, held, limitFilesOf } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup, outcome } from './in-cgroup.ts';
import { ownScene } from './opens.ts';
import type { Scene } from './scene.ts';
import { type SeenWrites, seeWrites } from './seen-writes.ts';

const SPIN = ['sh', '-c', 'while :; do :; done'];
const CPUS = availableParallelism();
/** Perl: tries to have 10,000 children, and says how many it did not get. */
const FORKS =
  'my $no = 0; for (1 .. 10000) { my $pid = fork; $no++ if !defined $pid; exec "sleep", 600 if defined $pid && !$pid;' +
  ' push @all, $pid if $pid } kill "KILL", @all; print $no';
const ALERTS = 'alerts: { cpu: { raise: 90%, clear: 80%, for: 5s } }';

/** Wherever CPU time and processes are limited by whatever this host has. */
export function tellOfAMinute(open = ownScene): void {
  describe('in a minute', () => {
    let scene: Scene;
    let seen: SeenWrites;
    let refused: string;
    const running: ReturnType<typeof inCgroup>[] = [];
    const alerts = async (guest: string) =>
      (await scene.agent.events())
        .filter((event) => event.kind === 'alert' && event.guest === guest)
        .map(({ says }) => says);
    const spin = (times: number, folders: readonly string[]) =>
      running.push(...Array.from({ length: times }, () => inCgroup(folders, ...SPIN)));

    beforeAll(async () => {
      scene = await open();
      // It comes before the others, and is held back by its quota alone.
      const fifth = '{ bucket: { rate: 1, interval: 5, size: 400 }, weight: 10000 }';
      scene.agent.policy('fifth', `guests: fifth\ncpu: ${fifth}\n${ALERTS}`);
      // Three quarters of the host, which it does not get while others want all of it.
      const most = `{ rate: ${3 * CPUS}, interval: 4, size: ${750 * CPUS} }`;
      scene.agent.policy('most', `guests: most\ncpu: { bucket: ${most} }\n${ALERTS}`);
      scene.agent.policy('flood', 'guests: flood\nprocesses: { limit: 50 }');
      for (const name of ['fifth', 'most', 'flood']) await scene.guest(name);
      await eventually(() => expect(held('pids.max', 'flood')).toBe('50'));
      await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
      seen = seeWrites(['fifth', 'most'].flatMap(limitFilesOf));
      spin(1, cpuCgroupsOf('fifth'));
      spin(CPUS, cpuCgroupsOf('most'));
      spin(2 * CPUS, []);
      refused = (await outcome(inCgroup(cgroupsOf('flood', 'pids.max'), 'perl', '-e', FORKS))).said;
      await pause(60_000);
    });
    afterAll(async () => {
      seen?.end();
      await Promise.all(running.map(endProcess));
      await scene?.end();
    });

    test('nothing is written of a bucket that the kernel keeps, however busy the guest is', () => {
      expect(counted('cpu.stat', 'fifth', 'nr_throttled')).toBeGreaterThan(20);
      expect(seen.names()).toEqual([]);
    });

    test('a guest that wants more than its quota is told of once', async () => {
      expect(await alerts('fifth')).toEqual([expect.stringMatching(/^fifth: processor time: at \d+ % of its rate/)]);
    });

    test('one that has too little because others are busy is not', async () => {
      expect(counted('cpu.stat', 'most', 'nr_periods')).toBeGreaterThan(20);
      expect(await alerts('most')).toEqual([]);
    });

    test('ten thousand processes that a guest wants are one alert, whose end says how many it was refused', async () => {
      expect(Number(refused)).toBeGreaterThan(9_900);
      const [raised, over, ...others] = await eventually(async () => {
        const told = await alerts('flood');
        expect(told.length).toBeGreaterThan(1);
        return told;
      });
      expect(raised).toMatch(/^flood: processes: \d+ hits/);
      expect(over).toMatch(new RegExp(`^flood: processes: ${refused} hits in \\d+ s, over now$`));
      expect(others).toEqual([]);
    });
  });
}
