import { beforeEach, describe, expect, test } from 'vitest';
import { Looks } from '../../../src/agent/limits/looks.ts';
import { atRest, handClock } from '../../fakes/clock.ts';

describe('a look that a guest causes', () => {
  let clock: ReturnType<typeof handClock>;
  let looked: string[];
  let looks: Looks;

  beforeEach(() => {
    clock = handClock();
    looked = [];
    looks = new Looks(clock, (guest, file) => looked.push(`${guest} ${file}`));
  });

  test('is at once the first time, and at most one a second of the same file', async () => {
    for (let times = 0; times < 10_000; times += 1) {
      looks.ask('web', 'pids.events');
      if (times === 0) await atRest();
      if (times === 0) expect(looked).toEqual(['web pids.events']);
      if (times % 1000 === 0) await clock.pass(10);
    }
    expect(looked).toHaveLength(1);
    await clock.pass(5000);
    expect(looked).toHaveLength(2);
  });

  test('waits for no other file, no other guest, and after a kill a tenth of that', async () => {
    looks.ask('web', 'pids.events');
    looks.ask('web', 'memory.events');
    looks.ask('mail', 'pids.events');
    for (let times = 0; times < 2; times += 1) looks.ask('web', 'kill');
    await atRest();
    looks.ask('web', 'kill');
    expect(looked).toHaveLength(4);
    await clock.pass(100);
    expect(looked.filter((one) => one === 'web kill')).toHaveLength(2);
  });

  test('is repeated when memory is out on v1, which is told before the kernel kills and counts', async () => {
    looks.ask('web', 'memory.oom_control');
    await clock.pass(10);
    expect(looked).toHaveLength(1);
    await clock.pass(90);
    expect(looked).toHaveLength(3);
    await clock.pass(5000);
    expect(looked).toHaveLength(3);
  });

  test('is none of a guest that is not there any more', async () => {
    looks.ask('web', 'pids.events');
    await atRest();
    looks.ask('web', 'pids.events');
    looks.forget('web');
    await clock.pass(5000);
    expect(looked).toHaveLength(1);
    looks.ask('web', 'pids.events');
    await atRest();
    expect(looked).toHaveLength(2);
  });
});
