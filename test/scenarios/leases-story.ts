import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cpuCgroupsOf, quotaUs, usedMs } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { executorOf } from './processes.ts';
import { createScene, type Scene } from './scene.ts';

const RAISED_US = availableParallelism() * 100_000;
const SPIN = ['sh', '-c', 'while :; do :; done'];

/** On v1 and v2. */
export function tellOfLeases(): void {
  describe('a guest whose bursts are leases', () => {
    let scene: Scene;
    const spinners: ReturnType<typeof inCgroup>[] = [];

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent', settings: 'cpu: { bursts: lease }' });
      // They come before the others. A minute of CPU time: none of these is drained while it is looked at.
      scene.agent.policy(
        'deep',
        'guests: deep*\ncpu: { bucket: { rate: 1, interval: 4, size: 60000 }, weight: 10000 }',
      );
      scene.agent.policy(
        'small',
        'guests: small*\ncpu: { bucket: { rate: 1, interval: 4, size: 1000 }, weight: 10000 }',
      );
    });
    afterEach(async () => {
      for (const spinner of spinners.splice(0)) await endProcess(spinner);
    });
    afterAll(() => scene?.end());

    const isRaised = (guest: string) => eventually(() => expect(quotaUs(guest)).toBe(RAISED_US));
    const hasItsOwn = (guest: string) => eventually(() => expect(quotaUs(guest)).toBe(25_000));
    const bursts = async (guest: string) => {
      await scene.guest(guest);
      await hasItsOwn(guest);
      const begun = { atMs: performance.now(), usedMs: usedMs(guest) };
      spinners.push(inCgroup(cpuCgroupsOf(guest), ...SPIN));
      await isRaised(guest);
      return begun;
    };
    /** From now on it has its rate, but for what was under way. */
    const goesOnAtItsRate = async (guest: string) => {
      const [atMs, before] = [performance.now(), usedMs(guest)];
      await pause(3_000);
      const [used, elapsed] = [usedMs(guest) - before, performance.now() - atMs];
      expect(used).toBeLessThanOrEqual(0.25 * elapsed + 2 * 25 + 10);
      expect(used).toBeGreaterThan(0);
    };

    test('has all processors until what it saved up is used, and then its rate', async () => {
      const begun = await bursts('small1');
      await hasItsOwn('small1');
      await pause(3_000);
      const [used, elapsed] = [usedMs('small1') - begun.usedMs, performance.now() - begun.atMs];
      // Where others keep it from its rate it saves up again; a look may come so late that the lease is over by itself.
      const lateMs = (RAISED_US / 100_000 - 0.25) * 150;
      expect(used).toBeLessThanOrEqual(1_000 + 0.25 * elapsed + lateMs + 2 * 25 + 10);
      expect((await scene.agent.events()).map(({ says }) => says)).not.toContainEqual(
        expect.stringMatching(/by somebody else|^[EW]_LIMIT/),
      );
    });

    test('has its rate again when the agent is killed, and goes on when there is another one', async () => {
      await bursts('deep1');
      await scene.agent.end('SIGKILL');
      await hasItsOwn('deep1');
      await goesOnAtItsRate('deep1');
      await scene.agent.start();
      await isRaised('deep1');
    });

    test('has its rate again when the executor is killed', async () => {
      await bursts('deep2');
      const agent = scene.agent.pid();
      const executor = executorOf(agent);
      process.kill(agent, 'SIGSTOP'); // it would begin another one at once
      try {
        process.kill(executor, 'SIGKILL');
        await hasItsOwn('deep2');
        await goesOnAtItsRate('deep2');
      } finally {
        process.kill(agent, 'SIGCONT');
      }
      await isRaised('deep2');
    });

    test('has its rate again when the agent does not move any more', async () => {
      await bursts('deep3');
      const agent = scene.agent.pid();
      process.kill(agent, 'SIGSTOP');
      try {
        await hasItsOwn('deep3');
        await goesOnAtItsRate('deep3');
      } finally {
        process.kill(agent, 'SIGCONT');
      }
    });
  });
}
