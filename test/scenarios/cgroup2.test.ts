import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { onTestHost } from './namespace.ts';

const run = promisify(execFile);
const STORY = join(import.meta.dirname, 'cgroup2-story.ts');
const DENIED = join(import.meta.dirname, 'denied-story.ts');

// A hybrid host made into one of cgroup v2, for the processes of one mount namespace.
const ONLY_V2 = `umount -l /sys/fs/cgroup/* 2>/dev/null; umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec "$@"`;

describe.skipIf(!onTestHost)("on a host of cgroup v2, where the guest's device program is LXC's", () => {
  test.each([
    { kind: 'privileged', words: ['cgroup2p', '2100'] },
    { kind: 'unprivileged', words: ['cgroup2u', '2110', '100000'] },
  ])('a $kind guest keeps what its configuration allows, and gets what a rule grants', async ({ words }) => {
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', ONLY_V2, 'sh', process.execPath, STORY, ...words]);
    expect(JSON.parse(stdout)).toEqual({
      'without a rule, null': 'done',
      granted: 'done',
      'null beside it': 'done',
      'granted after lxc-cgroup': 'done',
      'null after lxc-cgroup': 'done',
      'granted after the replug': 'done',
      'the old node': 'No such file',
      'not granted': 'Operation not permitted',
      'without an agent': 'done',
      'null after it came back': 'done',
    });
  });

  test("what somebody denies by a program of his own stays denied, beside LXC's or beside ours, and all else is given", async () => {
    const words = [process.execPath, DENIED, 'cgroup2d'];
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', ONLY_V2, 'sh', ...words]);
    const refused = 'Operation not permitted';
    const denied = { probe: refused, foreign: refused, null: 'done', 'loop-control': 'done' };
    expect(JSON.parse(stdout)).toEqual({
      "beside LXC's": denied,
      'without it': 'done',
      'beside ours': denied,
      'granted again': 'done',
    });
  });
});
