import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import { busy } from './busy.ts';
import type { Contained } from './contained.ts';
import { limitedGuest } from './limited.ts';
import type { Verdict } from './verdicts.ts';

const HITS = Number(process.env.HITS ?? 10_000);
/** Perl: as many children as there may be, and then so many that are refused. */
const FORKS =
  'my ($no, $most) = (0, shift); while ($no < $most) { my $pid = fork; $no++ if !defined $pid;' +
  ' exec "sleep", "600" if defined $pid && !$pid; push @all, $pid if $pid } kill "KILL", @all';
const COUNTED_MS = 30_000;
const NAME = 'hits';

/** What so many refusals cost that one guest brings about, and how often somebody is told. */
export async function benchHits(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]' });
  let guest: Contained | undefined;
  try {
    scene.agent.policy('few', `guests: ${NAME}\nprocesses: { limit: 40 }\n`);
    guest = await limitedGuest(scene, NAME);
    return await measure(scene, guest, signal);
  } finally {
    await guest?.calm();
    await scene.end();
  }
}

async function measure({ agent }: Scene, guest: Contained, signal: AbortSignal): Promise<readonly Verdict[]> {
  const counted = async () => (await agent.limits(NAME)).get('processes')?.hits ?? 0;
  const told = async () =>
    (await agent.events()).filter(({ kind, says }) => kind === 'alert' && says.startsWith(`${NAME}: `)).length;
  const start = performance.now();
  const { agentUs, executorUs } = await busy(agent, async () => {
    await once(guest.run('perl', '-e', FORKS, `${HITS}`), 'exit', { signal });
    console.log(`${HITS} refused processes in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    for (
      const until = performance.now() + COUNTED_MS;
      performance.now() < until;
      await pause(500, undefined, { signal })
    )
      if ((await counted()) === HITS && (await told()) > 0) break;
  });
  const [own, writer] = [agentUs, executorUs].map((us) => (us / 1000).toFixed(0));
  console.log(`and what comes of that: agent ${own} ms of CPU, executor ${writer} ms`);
  return [exactly('counted', HITS, await counted()), exactly('told', 1, await told())];
}

function exactly(how: string, expected: number, measured: number): Verdict {
  const what = `${HITS} refused processes: ${how}`;
  return { what, expected: `${expected}`, measured: `${measured}`, isWithin: measured === expected };
}
