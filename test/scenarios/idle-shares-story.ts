import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostIdleUs } from '../../src/linux/usage.ts';
import { cpuCgroupsOf, quotaUs, usedMs } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { ownScene } from './opens.ts';
import type { Scene } from './scene.ts';

const SPIN = ['sh', '-c', 'while :; do :; done'];
const CPUS = availableParallelism();
const RATE = 0.125;
/** No quota by which a host holds that rate has longer ones. */
const LONGEST_PERIOD_MS = 1000;

/** Of all processors; whatever else runs on this machine, a guest that wants more has most of what is left. */
const LEFT_IDLE = 0.25;

async function idleShare(ms: number): Promise<number> {
  const idleUs = () => hostIdleUs(readFileSync('/proc/stat', 'latin1'));
  const [before, from] = [idleUs(), performance.now()];
  await pause(ms);
  return (idleUs() - before) / 1000 / (performance.now() - from) / CPUS;
}

/** Of a processor, in so long. */
async function share(guest: string, ms: number): Promise<number> {
  const [before, from] = [usedMs(guest), performance.now()];
  await pause(ms);
  return (usedMs(guest) - before) / (performance.now() - from);
}

/** Wherever the kernel keeps a quota of CPU time. */
export function tellOfIdleShares(open = ownScene): void {
  describe('a guest that has spent what it earned', () => {
    let scene: Scene;
    const running: ReturnType<typeof inCgroup>[] = [];
    const spin = async (guest: string) => {
      await scene.guest(guest);
      await eventually(() => expect(quotaUs(guest)).toBeGreaterThan(0));
      for (let at = 0; at < CPUS; at += 1) running.push(inCgroup(cpuCgroupsOf(guest), ...SPIN));
      await pause(2 * LONGEST_PERIOD_MS); // spent
    };

    beforeAll(async () => {
      scene = await open();
      const bucket = 'rate: 1, interval: 8, size: 200';
      scene.agent.policy('idle', `guests: idle\ncpu: { bucket: { ${bucket}, idle: { rate: 1, interval: 8 } } }`);
      scene.agent.policy('other', `guests: other\ncpu: { bucket: { ${bucket}, refill: lump } }`);
    });
    afterAll(async () => {
      await Promise.all(running.map(endProcess));
      await scene?.end();
    });

    test('has its rate, although nobody else wants the rest', async () => {
      await spin('other');
      const most = RATE + (RATE * LONGEST_PERIOD_MS) / 5000;
      expect(await share('other', 5000)).toBeLessThanOrEqual(most + 0.01);
      await Promise.all(running.splice(0).map(endProcess));
    });

    test('leaves hardly anything idle where it has a share of that, and has its rate when the agent is killed', async () => {
      await spin('idle');
      await eventually(async () => expect(await idleShare(1000)).toBeLessThan(LEFT_IDLE));
      expect(await idleShare(6000)).toBeLessThan(LEFT_IDLE);
      await scene.agent.end('SIGKILL');
      await pause(LONGEST_PERIOD_MS);
      const most = RATE + (RATE * LONGEST_PERIOD_MS) / 5000;
      expect(await share('idle', 5000)).toBeLessThanOrEqual(most + 0.01);
      await scene.agent.start();
      await eventually(async () => expect(await idleShare(1000)).toBeLessThan(LEFT_IDLE));
    });
  });
}
