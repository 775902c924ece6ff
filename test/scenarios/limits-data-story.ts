import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATA_OF_NODE } from '../../src/model/small-limits.ts';
import { cgroupsOf, controllers } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup, outcome } from './in-cgroup.ts';
import { ownScene } from './opens.ts';
import type { Scene } from './scene.ts';

const FETCH = `
const server = require('node:http').createServer((_, answer) => answer.end('fetched')).listen(0, '127.0.0.1', async () => {
  const answer = await fetch('http://127.0.0.1:' + server.address().port);
  console.log(await answer.text());
  server.close();
});`;
/** One that comes from outside is limited a little later than the guest's own. */
const WAIT = 'until [ "$(ulimit -d)" != unlimited ]; do sleep 0.1; done; ulimit -d; exec "$@"';

const MiB = 2 ** 20;
const TAKE = join(import.meta.dirname, '../../native/build/fixtures/take');
const foldersOf = (guest: string) => cgroupsOf(guest, controllers.hierarchy === 'v1' ? 'devices.list' : 'cgroup.procs');

/** Wherever LXC runs guests. */
export function tellOfData(open = ownScene): void {
  describe('where a process may have 640 MiB of its own', () => {
    let scene: Scene;

    beforeAll(async () => {
      scene = await open();
      scene.agent.policy('data', `guests: data\nmemory: { as: { limit: ${DATA_OF_NODE}B, enforce: data } }`);
      await scene.guest('data');
    });
    afterAll(() => scene?.end());

    test('node starts, fetches and ends well', async () => {
      const node = inCgroup(foldersOf('data'), 'bash', '-c', WAIT, 'bash', process.execPath, '-e', FETCH);
      expect(await outcome(node)).toEqual({ end: 0, said: `${DATA_OF_NODE / 1024}\nfetched\n` });
    });
  });

  describe('where all processes of a guest may have 1 GiB of their own together', () => {
    const limit = 1024 * MiB;
    let scene: Scene;

    beforeAll(async () => {
      scene = await open();
      scene.agent.policy('shared', 'guests: shared\nmemory: { as: { limit: 1GiB, enforce: data, scope: guest } }');
      await scene.guest('shared');
    });
    afterAll(() => scene?.end());

    /** One that takes and gives memory when it is told to; another limit than none is its first word. */
    async function taker() {
      const process = inCgroup(foldersOf('shared'), 'bash', '-c', WAIT, 'bash', TAKE);
      const hear = async () => String(await once(process.stdout ?? process, 'data')).trim();
      for (let said = ''; !said.endsWith('there'); ) said = await hear();
      const tell = (word: number | 'free') => {
        process.stdin?.write(`${word}\n`);
        return hear();
      };
      return { process, tell };
    }
    const held = async () => (await scene.agent.limits('shared')).get('as')?.held ?? 0;
    const data = () =>
      foldersOf('shared')
        .flatMap((folder) => readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
        .map(dataOf);
    const sum = () => data().reduce((all, one) => all + one, 0);

    test('four have 200 MiB each, and a fifth time 400 MiB are refused, which is a hit; what one gives back another may have', async () => {
      const takers = [await taker(), await taker(), await taker(), await taker()];
      for (const { tell } of takers) expect(await tell(200 * MiB)).toBe('ok');
      await eventually(async () => expect(await held()).toBeGreaterThan(800 * MiB));
      const [one, two] = takers;
      expect(await one?.tell(400 * MiB)).toBe('ENOMEM');
      await eventually(async () =>
        expect((await scene.agent.limits('shared')).get('as')).toMatchObject({ limit, hits: 1 }),
      );
      // All at once, before anybody looks: no more than what was left, for each of them.
      const left = limit - sum();
      const tries = await Promise.all(takers.map(({ tell }) => tell(150 * MiB)));
      expect(tries).toContain('ok');
      expect(sum()).toBeLessThanOrEqual(limit + data().length * left);
      await eventually(async () => expect(await two?.tell(MiB)).toBe('ENOMEM'));
      for (const { tell } of [...takers, ...takers]) await tell('free');
      await eventually(async () => expect(await two?.tell(150 * MiB)).toBe('ok'));
      for (const { process } of takers) await endProcess(process);
    });

    test('without that policy each has all of what it may have by itself', async () => {
      const { process } = await taker();
      await eventually(() => expect(limitsOf(process.pid)[0]).not.toBe(limitsOf(process.pid)[1]));
      scene.agent.policy('shared', 'guests: nobody');
      await eventually(() => expect(limitsOf(process.pid)[0]).toBe(limitsOf(process.pid)[1]));
      await endProcess(process);
    });
  });
}

function dataOf(pid: string): number {
  try {
    return 1024 * Number(/^VmData:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

/** Soft and hard, as /proc writes them. */
function limitsOf(pid: number | undefined): readonly string[] {
  return /^Max data size\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.slice(1) ?? [];
}
