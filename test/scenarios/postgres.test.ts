import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { makePostgresGuest, type PostgresGuest, postgresPackages } from './postgres-guest.ts';
import { createScene, type Scene } from './scene.ts';

const { folders, lack } = onTestHost ? postgresPackages() : { folders: [] };
const STOPS = 20;
const CLEAN = 'database system was shut down at';
const RECOVERY = 'database system was not properly shut down; automatic recovery in progress';

describe.skipIf(!onTestHost || lack !== undefined)(`a guest with PostgreSQL${lack ? `: ${lack}` : ''}`, () => {
  let scene: Scene;
  let guest: PostgresGuest;
  /** How many transactions it kept when it was last seen to keep more and more of them. */
  let kept = 0;

  const beginLoaded = async (): Promise<string> => {
    const said = await guest.begin();
    const before = await guest.kept();
    expect(before).toBeGreaterThanOrEqual(kept);
    guest.load();
    await eventually(async () => {
      kept = await guest.kept();
      expect(kept).toBeGreaterThan(before);
    });
    return said;
  };

  beforeAll(async () => {
    scene = await createScene({ rules: '[]', udevd: 'absent' });
    guest = makePostgresGuest(scene, 'postgres1', folders);
  });
  afterAll(() => scene?.end());

  test(`is shut down cleanly in each of ${STOPS} stops under write load`, async () => {
    for (let stop = 1; stop <= STOPS; stop += 1) {
      const said = await beginLoaded();
      expect(said, `before stop ${stop}`).toContain(CLEAN);
      expect(said, `before stop ${stop}`).not.toContain(RECOVERY);
      const stopped = await hostler(['stop', 'postgres1', '--socket', scene.agent.controlSocket]);
      expect(stopped).toMatchObject({ code: 0, out: expect.not.stringContaining('killed') });
      expect(guest.said(), `at stop ${stop}`).toMatch(
        /received fast shutdown request.*terminating connection due to.*database system is shut down\n$/s,
      );
    }
    expect(await beginLoaded()).toContain(CLEAN);
  });

  test('and is not when it is killed', async () => {
    await guest.stop();
    expect(guest.said()).not.toContain('shut');
    expect(await beginLoaded()).toContain(RECOVERY);
  });
});
