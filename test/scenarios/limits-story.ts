import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupsOf, controllers, controlPath, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup, outcome } from './in-cgroup.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const MiB = 2 ** 20;
const HOG = join(import.meta.dirname, '../../native/build/fixtures/hog');
/** Perl: wants fifty children, and answers how many it did not get. */
const FORKS =
  'for (1 .. 50) { my $pid = fork; $no++ if !defined $pid; exec "sleep", 60 if defined $pid && !$pid; push @all, $pid if $pid }' +
  ' kill "KILL", @all; exit $no';
const FILES =
  controllers.hierarchy === 'v1'
    ? { memory: 'memory.limit_in_bytes', processes: 'pids.max', weight: 'cpu.shares', highest: '102400', usual: '1024' }
    : { memory: 'memory.max', processes: 'pids.max', weight: 'cpu.weight', highest: '10000', usual: '100' };

/** Where memory, CPU time and processes are limited by whatever this host has. */
export function tellOfLimits(): void {
  describe('a guest with a policy', () => {
    let scene: Scene;
    let guest: SceneGuest;

    beforeAll(async () => {
      scene = await createScene({ rules: '[]' });
      scene.agent.policy(
        'small',
        'guests: limited*\nmemory: { rss: { limit: 64MiB }, as: { limit: 64MiB } }\nprocesses: { limit: 40 }',
      );
      scene.agent.policy('by-data', 'guests: data*\nmemory: { as: { limit: 64MiB, enforce: data } }');
      guest = await scene.guest('limited1', { furnish });
    });

    afterAll(() => scene.end());

    const alerts = async () =>
      (await scene.agent.events()).filter(({ kind }) => kind === 'alert').map(({ says }) => says);

    test('a guest has the limits of its policy as soon as it runs', async () => {
      await eventually(() => {
        expect(held(FILES.memory, 'limited1')).toBe(`${64 * MiB}`);
        expect(held(FILES.processes, 'limited1')).toBe('40');
      });
      const rows = await scene.agent.limits('limited1');
      expect(rows.get('rss')).toMatchObject({ limit: 64 * MiB });
      expect(rows.get('processes')).toMatchObject({ limit: 40 });
    });

    test('what somebody else writes is taken back', async () => {
      await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
      writeFileSync(controlPath(FILES.processes, 'limited1'), '50');
      await eventually(() => expect(held(FILES.processes, 'limited1')).toBe('40'));
    });

    test('a process that touches more memory than there is, is killed, which is counted and told with its name', async () => {
      await expect(guest.attach('/bin/hog', `${128 * MiB}`)).rejects.toThrow();
      await eventually(async () => expect((await scene.agent.limits('limited1')).get('oom')?.hits).toBe(1));
      await eventually(async () =>
        expect(await alerts()).toEqual([
          expect.stringMatching(/^limited1: out of memory, killed: 1 hit, hog \(process \d+\)$/),
        ]),
      );
    });

    test('a loop that starts processes is refused what is too many, counted, and told once', async () => {
      const loop = 'i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i+1)); done; true';
      await guest.attach('sh', '-c', loop).catch(() => undefined);
      await eventually(async () =>
        expect((await scene.agent.limits('limited1')).get('processes')?.hits).toBeGreaterThan(0),
      );
      await eventually(async () =>
        expect((await alerts()).filter((says) => says.startsWith('limited1: processes: '))).toHaveLength(1),
      );
    });

    test('what is killed or refused in a cgroup of its own is counted as well, and once', async () => {
      const inner = cgroupsOf('limited1', FILES.memory, FILES.processes).map((folder) => join(folder, 'inner'));
      const hitsOf = async () => {
        const rows = await scene.agent.limits('limited1');
        return [rows.get('oom')?.hits ?? 0, rows.get('processes')?.hits ?? 0];
      };
      const [kills = 0, refusals = 0] = await hitsOf();
      for (const folder of inner) mkdirSync(folder);
      try {
        expect((await outcome(inCgroup(inner, HOG, `${128 * MiB}`))).end).toBe('SIGKILL');
        await eventually(async () => expect((await hitsOf())[0]).toBe(kills + 1));
        const refused = Number((await outcome(inCgroup(inner, 'perl', '-e', FORKS))).end);
        expect(refused).toBeGreaterThan(0);
        await eventually(async () => expect((await hitsOf())[1]).toBe(refusals + refused));
      } finally {
        for (const folder of inner) rmdirSync(folder);
      }
      expect((await hitsOf())[0]).toBe(kills + 1);
    });

    test('of thirty killed at once in a cgroup of its own, of whom the log names ten, all are counted, also when that is gone', async () => {
      const inner = cgroupsOf('limited1', FILES.memory).map((folder) => join(folder, 'crowd'));
      const hits = async () => (await scene.agent.limits('limited1')).get('oom')?.hits ?? 0;
      await eventually(() => expect(held(FILES.memory, 'limited1')).toBe(`${64 * MiB}`));
      const before = await hits();
      for (const folder of inner) mkdirSync(folder);
      try {
        const crowd = 'exec 2> /dev/null; for i in $(seq 30); do "$1" "$2" > /dev/null; done; true';
        const said = await outcome(inCgroup(inner, 'sh', '-c', crowd, 'sh', HOG, `${128 * MiB}`));
        expect(said.end).toBe(0);
        await eventually(async () => expect(await hits()).toBe(before + 30));
        await scene.agent.end('SIGKILL');
        await scene.agent.start();
        await eventually(async () => expect(await hits()).toBe(before + 30));
      } finally {
        for (const folder of inner) rmdirSync(folder);
      }
      expect(await hits()).toBe(before + 30);
    });

    test('where address space is enforced by data an allocation fails, and the process lives', async () => {
      const other = await scene.guest('data1', { furnish });
      // One that comes from outside is limited a little later than the guest's own.
      const wait = 'until [ "$(ulimit -d)" != unlimited ]; do sleep 1; done';
      expect(await other.attach('sh', '-c', `${wait}; hog ${128 * MiB}; echo lives`)).toMatch(
        /^not allocated: .*\nlives\n$/,
      );
    });

    test('and what it was refused is counted, and told with its name', async () => {
      await scene.guest('data2');
      const folders = cgroupsOf('data2', controllers.hierarchy === 'v1' ? 'devices.list' : 'cgroup.procs');
      const wait = 'until [ "$(ulimit -d)" != unlimited ]; do sleep 0.1; done; exec "$@"';
      const wants = inCgroup(folders, 'bash', '-c', wait, 'bash', HOG, `${80 * MiB}`, 'stay');
      expect(String(await once(wants.stdout ?? wants, 'data'))).toMatch(/^not allocated: Cannot allocate memory\n$/);
      await eventually(async () =>
        expect((await alerts()).filter((says) => says.startsWith('data2: '))).toEqual([
          expect.stringMatching(new RegExp(`^data2: address space: [12] hits?, hog \\(process ${wants.pid}\\)$`)),
        ]),
      );
      expect((await scene.agent.limits('data2')).get('as')?.hits).toBeGreaterThan(0);
      expect(wants.exitCode ?? wants.signalCode).toBeNull();
      await endProcess(wants);
    });

    test('a guaranteed rate is a weight, and a guest for which none is left has the rest of its policy and is told', async () => {
      const bucket = `{ rate: ${availableParallelism()}, interval: 1, size: 500 }`;
      scene.agent.policy(
        'small',
        `guests: limited*\ncpu: { bucket: ${bucket}, guarantee: true }\nprocesses: { limit: 40 }`,
      );
      await eventually(() => expect(held(FILES.weight, 'limited1')).toBe(FILES.highest));
      await scene.guest('limited2');
      await eventually(() => expect(held(FILES.processes, 'limited2')).toBe('40'));
      const all = `${availableParallelism() * 100}%`;
      await eventually(async () =>
        expect(
          (await scene.agent.events()).flatMap(({ kind, says }) => (kind === 'refusal' ? says : [])),
        ).toContainEqual(
          expect.stringContaining(
            `E_GUARANTEE limited2: a guarantee does not fit this host: cpu.guarantee: it wants ${all} of a processor, and 0% of ${all} is left (limited1 ${all}); `,
          ),
        ),
      );
      expect(held(FILES.weight, 'limited2')).toBe(FILES.usual);
    });

    test('without its policy it has what it had before', async () => {
      scene.agent.policy('small', 'guests: nobody');
      await eventually(() => expect(held(FILES.processes, 'limited1')).toBe('max'));
    });
  });
}

function furnish(folder: string): void {
  copyFileSync(HOG, join(folder, 'rootfs/bin/hog'));
}
