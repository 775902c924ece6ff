import { expect, test } from 'vitest';
import { guestCgroups } from '../../src/linux/cgroups.ts';
import type { Channel, Request } from '../../src/linux/channel.ts';
import { hostControllers } from '../../src/linux/controllers.ts';
import type { LimitWrite } from '../../src/model/limit.ts';

const V2 = '38 32 0:33 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw';

/** An executor that is done with what `answers` says, and never with the rest; and what it was asked. */
function executor(answers: (request: Request) => boolean, controllers = hostControllers(V2)) {
  const asked: Request[] = [];
  const channel: Channel = {
    request(...request) {
      asked.push(request);
      return answers(request)
        ? Promise.resolve({ ok: true, value: { words: [], rows: [] } })
        : new Promise(() => undefined);
    },
    requests: () => Promise.resolve([]),
    pid: undefined,
    close: () => Promise.resolve(),
  };
  return { asked, cgroups: guestCgroups(channel, controllers, '/sys/fs/cgroup') };
}

const guest = (number: number) => ({ pid: number, startTime: '1', cgroup: `/lxc.payload.g${number}` });
const isOfMemory = (request: Request) => request.some((word) => /^(memory\.|Memory)/.test(word));
const bytes: LimitWrite = { file: 'memory.max', value: '4096' };
const processes: LimitWrite = { file: 'pids.max', value: '7' };

test.each([
  ['files', (number: number) => guest(number)],
  ['properties', (number: number) => ({ ...guest(number), cgroup: `/machine.slice/g${number}.scope` })],
])('memory that is not taken back keeps nobody from being limited otherwise, by %s', async (_how, of) => {
  const { asked, cgroups } = executor((request) => !isOfMemory(request));
  for (let number = 1; number <= 300; number += 1) {
    void cgroups.write(of(number), [bytes]);
    void cgroups.reclaim(of(number), 4096);
  }
  const done = await Promise.all([1, 2, 3].map((number) => cgroups.write(of(number), [processes])));
  expect(done.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(asked.filter(isOfMemory).length).toBeLessThanOrEqual(32);
});

test('more files than the executor writes at once are written one piece after the other, up to the first that fails', async () => {
  const disks = Array.from({ length: 150 }, (_, minor): LimitWrite => ({ file: `io.max 8:${minor}`, value: 'rbps=1' }));
  const { asked, cgroups } = executor(() => true);
  expect(await cgroups.write(guest(1), disks)).toEqual({ ok: true, value: undefined });
  expect(asked.map((words) => words.length - 4)).toEqual([64, 64, 22]);
  expect(asked.flatMap((words) => words.slice(4))).toEqual(disks.map(({ file }) => `${file.replace(' ', '=')} rbps=1`));
  const stuck = executor(([, ...words]) => !words.includes('io.max=8:70 rbps=1'));
  void stuck.cgroups.write(guest(1), disks);
  await new Promise((resolve) => setImmediate(resolve));
  expect(stuck.asked).toHaveLength(2);
});

test('by force the files are written so, and systemd is told what is there then', async () => {
  const { asked, cgroups } = executor(() => true);
  const unit = { ...guest(1), cgroup: '/machine.slice/g1.scope' };
  await cgroups.writeByForce(guest(1), [bytes, processes]);
  await cgroups.writeByForce(unit, [bytes]);
  expect(asked).toEqual([
    ['limit-by-force', '1', '1', '/lxc.payload.g1', 'memory.max=4096', 'pids.max=7'],
    ['limit-by-force', '1', '1', unit.cgroup, 'memory.max=4096'],
    ['limit-unit', '1', '1', unit.cgroup, 'MemoryMax=4096'],
  ]);
});

test.each([
  ['rw', true],
  ['rw,nsdelegate,memory_recursiveprot', false],
])('whether a guest may write its own limits is how cgroup v2 is mounted: %s', (options, may) => {
  const controllers = hostControllers(V2.replace(/rw$/, options));
  const { cgroups } = executor(() => true, controllers);
  expect(cgroups.guestsMayWrite).toBe(may);
});
