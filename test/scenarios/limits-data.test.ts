import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATA_OF_NODE } from '../../src/limits/validation.ts';
import { cgroupsOf, controllers } from './control-file.ts';
import { inCgroup, outcome } from './in-cgroup.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';

const FETCH = `
const server = require('node:http').createServer((_, answer) => answer.end('fetched')).listen(0, '127.0.0.1', async () => {
  const answer = await fetch('http://127.0.0.1:' + server.address().port);
  console.log(await answer.text());
  server.close();
});`;
/** One that comes from outside is limited a little later than the guest's own. */
const WAIT = 'until [ "$(ulimit -d)" != unlimited ]; do sleep 0.1; done; ulimit -d; exec "$@"';

describe.skipIf(!onTestHost)('where a process may have 640 MiB of its own', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await createScene({ rules: '[]', udevd: 'absent' });
    scene.agent.policy('data', `guests: data\nmemory: { as: { limit: ${DATA_OF_NODE}B, enforce: data } }`);
    await scene.guest('data');
  });
  afterAll(() => scene?.end());

  test('node starts, fetches and ends well', async () => {
    const folders = cgroupsOf('data', controllers.hierarchy === 'v1' ? 'devices.list' : 'cgroup.procs');
    const node = inCgroup(folders, 'bash', '-c', WAIT, 'bash', process.execPath, '-e', FETCH);
    expect(await outcome(node)).toEqual({ end: 0, said: `${DATA_OF_NODE / 1024}\nfetched\n` });
  });
});
