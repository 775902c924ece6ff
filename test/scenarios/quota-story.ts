import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controllers, controlPath, counted, cpuCgroupsOf, held, usedMs } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { ownScene } from './opens.ts';
import type { Scene } from './scene.ts';
import { seeWrites } from './seen-writes.ts';

const isOld = controllers.hierarchy === 'v1';
const FILES = isOld ? ['cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.cfs_burst_us'] : ['cpu.max', 'cpu.max.burst'];
const QUOTA = FILES[0] ?? '';
const SPIN = ['sh', '-c', 'while :; do :; done'];

/** When it is held back for the so-manieth time, and what it has used until then. */
async function heldBack(guest: string, times: number): Promise<{ readonly atMs: number; readonly usedMs: number }> {
  while (counted('cpu.stat', guest, 'nr_throttled') < times) await pause(1);
  return { atMs: performance.now(), usedMs: usedMs(guest) };
}

/** How far it is from what a number of quarters of a second is. */
function aboveSteps(ms: number): number {
  return Math.abs(ms - 250 * Math.round(ms / 250));
}

/** Wherever the kernel keeps a quota of CPU time. */
export function tellOfQuotas(open = ownScene): void {
  describe('a bucket that the kernel keeps by itself', () => {
    let scene: Scene;
    const bucket = (guest: string, text: string) =>
      // It comes before the others, and is held back by its quota alone.
      scene.agent.policy(guest, `guests: ${guest}\ncpu: { bucket: { ${text} }, weight: 10000 }`);
    const holds = (guest: string, ...values: readonly string[]) =>
      eventually(() => expect(FILES.map((file) => held(file, guest))).toEqual(values));

    beforeAll(async () => {
      scene = await open();
    });
    afterAll(() => scene?.end());

    test('of half a second lets a guest have half a second at once, and then a quarter of a second in each', async () => {
      bucket('usual', 'rate: 1, interval: 4, size: 500');
      await scene.guest('usual');
      if (isOld) await holds('usual', '250000', '1000000', '250000');
      else await holds('usual', '250000 1000000', '250000');
      await pause(2500); // it is full
      const [before, throttles] = [usedMs('usual'), counted('cpu.stat', 'usual', 'nr_throttled')];
      const spinner = inCgroup(cpuCgroupsOf('usual'), ...SPIN);
      try {
        const at = performance.now();
        const first = await heldBack('usual', throttles + 1);
        // A second may be over before half a second is used: what is given then on top of a full bucket is lost, but for what was used.
        expect(first.usedMs - before).toBeGreaterThanOrEqual(480);
        expect(first.usedMs - before).toBeLessThanOrEqual(500 + 250 * Math.ceil((first.atMs - at) / 1000) + 20);
        const last = await heldBack('usual', throttles + 9);
        expect(aboveSteps(last.usedMs - first.usedMs)).toBeLessThanOrEqual(20);
        expect(last.usedMs - first.usedMs).toBeLessThanOrEqual(250 * Math.ceil((last.atMs - first.atMs) / 1000) + 20);
      } finally {
        await endProcess(spinner);
      }
    });

    test('that gets smaller is written in an order that the kernel takes, and never unlimited between', async () => {
      bucket('smaller', 'rate: 1, interval: 1, size: 100');
      await scene.guest('smaller');
      if (isOld) await holds('smaller', '50000', '50000', '50000');
      else await holds('smaller', '50000 50000', '50000');
      const seen = seeWrites(FILES.map((file) => controlPath(file, 'smaller')));
      try {
        bucket('smaller', 'rate: 1, interval: 1, size: 40');
        if (isOld) await holds('smaller', '20000', '20000', '20000');
        else await holds('smaller', '20000 20000', '20000');
        await eventually(() =>
          expect(seen.names()).toEqual(
            isOld
              ? ['cpu.cfs_burst_us', 'cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.cfs_burst_us']
              : ['cpu.max.burst', 'cpu.max', 'cpu.max.burst'],
          ),
        );
      } finally {
        seen.end();
      }
      expect((await scene.agent.events()).map(({ says }) => says)).not.toContainEqual(
        expect.stringMatching(/^[EW]_LIMIT/),
      );
    });

    test('limits nothing while somebody writes it again and again with the value that it has, which is told', async () => {
      bucket('rewritten', 'rate: 1, interval: 5, size: 40');
      await scene.guest('rewritten');
      if (isOld) await holds('rewritten', '20000', '100000', '20000');
      else await holds('rewritten', '20000 100000', '20000');
      const spinner = inCgroup(cpuCgroupsOf('rewritten'), ...SPIN);
      const writer = setInterval(() => writeFileSync(controlPath(QUOTA, 'rewritten'), '20000'), 20);
      try {
        await eventually(async () =>
          expect((await scene.agent.events()).map(({ says }) => says)).toContainEqual(
            expect.stringMatching(/^E_LIMIT_FIGHT rewritten: .* with the value that it has/),
          ),
        );
      } finally {
        clearInterval(writer);
        await endProcess(spinner);
      }
    });
  });
}
