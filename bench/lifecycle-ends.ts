import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostler } from '../test/cli/hostler.ts';
import { V2_ROOT } from '../test/kernel/hierarchies.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../test/scenarios/scene.ts';
import { type Figures, figures } from './figures.ts';
import { REST_MS, ROUNDS } from './rounds.ts';
import { atMost, type Verdict } from './verdicts.ts';

const NAME = 'ends';

/** From the kernel's word that nobody is in a guest any more until hostler knows of its end. */
export async function benchEnds(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]', udevd: 'absent' });
  const known: number[] = [];
  const stopped: number[] = [];
  try {
    const guest = scene.make(NAME);
    while (known.length < ROUNDS) {
      signal.throwIfAborted();
      const end = await oneEnd(scene, guest);
      known.push(end.knownMs);
      stopped.push(end.stoppedMs);
      await pause(REST_MS);
    }
  } finally {
    await scene.end();
  }
  print('the end of its init is known', figures(known));
  print('it is stopped: LXC has taken its cgroups away', figures(stopped));
  const { median, max } = figures(known);
  return [
    atMost(`from an empty guest to hostler's knowing its end, median of ${ROUNDS}`, 5, median, 'ms'),
    atMost('and the longest', 5, max, 'ms'),
  ];
}

/** In milliseconds from the kernel's word. */
interface End {
  readonly knownMs: number;
  readonly stoppedMs: number;
}

async function oneEnd({ agent }: Scene, guest: SceneGuest): Promise<End> {
  await guest.start();
  const { number: before, pid } = await eventually(async () => {
    const { instance, converged } = await agent.guest(NAME);
    if (instance === undefined || !converged) throw new Error(`${NAME} does not run`);
    return { number: (await agent.events()).at(-1)?.number ?? 0, pid: instance.pid };
  });
  const empty = emptied(join(V2_ROOT, cgroupOf(pid), 'cgroup.events'));
  const { code, out, err } = await hostler(['stop', '--kill', NAME, '--socket', agent.controlSocket]);
  if (code !== 0) throw new Error(`hostler stop ended with ${code}: ${out}${err}`);
  const events = (await agent.events()).filter(({ number, guest: of }) => number > before && of === NAME);
  const timeOf = (is: (event: (typeof events)[number]) => boolean) => Date.parse(events.find(is)?.time ?? '');
  const at = await empty;
  return {
    knownMs: timeOf(({ kind, says }) => kind === 'guest' && says === `${NAME}: stopped`) - at,
    stoppedMs: timeOf(({ kind, action }) => kind === 'stop' && action === 'stopped') - at,
  };
}

function cgroupOf(pid: number): string {
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
  if (path === undefined) throw new Error('no cgroup of v2, whose kernel tells when one is empty');
  return path;
}

/** When the kernel said so, by the clock that events are told with. */
function emptied(path: string): Promise<number> {
  return new Promise((resolve) => {
    const watcher = watch(path, () => {
      if (isPopulated(path)) return;
      resolve(Date.now());
      watcher.close();
    });
  });
}

// It may be gone by now.
function isPopulated(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('populated 1');
  } catch {
    return false;
  }
}

function print(what: string, { count, median, max }: Figures): void {
  console.log(`until ${what}: median ${median} ms, longest of ${count} ${max} ms`);
}
