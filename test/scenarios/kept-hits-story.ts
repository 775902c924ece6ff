import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupsOf, counted, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { inCgroup, outcome } from './in-cgroup.ts';
import { ownScene } from './opens.ts';
import type { Scene, SceneGuest } from './scene.ts';

/** Perl: has as many children as it may have, and then is refused so many more. */
const FORKS =
  'my ($no, $most) = (0, shift); while ($no < $most) { my $pid = fork; $no++ if !defined $pid;' +
  ' exec "sleep", 600 if defined $pid && !$pid; push @all, $pid if $pid } kill "KILL", @all';

/** Wherever processes are limited by whatever this host has. */
export function tellOfKeptHits(open = ownScene): void {
  describe('37 refused processes', () => {
    let scene: Scene;
    let guest: SceneGuest;
    const hits = async () => (await scene.agent.limits('kept')).get('processes')?.hits;
    const refuse = (times: number) => outcome(inCgroup(cgroupsOf('kept', 'pids.max'), 'perl', '-e', FORKS, `${times}`));
    const isLimited = () => eventually(() => expect(held('pids.max', 'kept')).toBe('20'));

    beforeAll(async () => {
      scene = await open();
      scene.agent.policy('kept', 'guests: kept\nprocesses: { limit: 20 }');
      guest = await scene.guest('kept');
      await isLimited();
      await refuse(37);
      await eventually(async () => expect(await hits()).toBe(37));
    });
    afterAll(() => scene?.end());

    test('are 37 to an agent that starts after the first was killed', async () => {
      await scene.agent.end('SIGKILL');
      await scene.agent.start();
      await eventually(async () => expect(await hits()).toBe(37));
    });

    test('are 37 when the guest starts again and the kernel knows of none, and the next one is the 38th', async () => {
      await guest.stop();
      await guest.start();
      await isLimited();
      expect(counted('pids.events', 'kept', 'max')).toBe(0);
      await eventually(async () => expect(await hits()).toBe(37));
      await refuse(1);
      await eventually(async () => expect(await hits()).toBe(38));
    });

    test('are kept when both end and begin', async () => {
      await guest.stop();
      await scene.agent.end('SIGTERM');
      await scene.agent.start();
      await guest.start();
      await isLimited();
      await eventually(async () => expect(await hits()).toBe(38));
    });
  });
}
