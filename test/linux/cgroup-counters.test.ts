import { expect, test } from 'vitest';
import { heldAmounts, hitCounters, memoryUse } from '../../src/linux/cgroup-counters.ts';

const reading = (files: Readonly<Record<string, string>>) => (file: string) => files[file];

test('on v2', () => {
  const read = reading({
    'memory.current': '100',
    'memory.peak': '300',
    'memory.swap.current': '7',
    'pids.current': '3',
    'cpu.stat': 'usage_usec 5000\nuser_usec 1\nnr_periods 9\nnr_throttled 4\nthrottled_usec 3000',
    'memory.events': 'low 0\nhigh 2\nmax 3\noom 1\noom_kill 1',
    'memory.swap.events': 'high 0\nmax 6\nfail 0',
    'pids.events': 'max 8',
    'memory.pressure':
      'some avg10=12.34 avg60=5.00 avg300=1.00 total=99\nfull avg10=2.00 avg60=0.00 avg300=0.00 total=9',
  });
  expect(heldAmounts('v2', read)).toEqual({
    rss: { held: 100, most: 300 },
    swap: { held: 7 },
    processes: { held: 3 },
    cpuUs: 5000,
    cpuPeriods: 9,
    heldBackUs: 3000,
    memoryStall: 0.1234,
  });
  expect(hitCounters('v2', read)).toEqual({
    rss: 3,
    'rss-barrier': 2,
    swap: 6,
    oom: 1,
    'oom-kill': 1,
    processes: 8,
    cpu: 4,
  });
});

test('on v1, where memory and swap are counted together and CPU time in nanoseconds', () => {
  const read = reading({
    'memory.usage_in_bytes': '100',
    'memory.max_usage_in_bytes': '300',
    'memory.memsw.usage_in_bytes': '120',
    'memory.memsw.max_usage_in_bytes': '350',
    'cpuacct.usage': '5000999',
    'memory.stat':
      'cache 9\nrss 1\ninactive_anon 1\ntotal_cache 50\ntotal_rss 30\ntotal_inactive_anon 10\ntotal_active_anon 20\ntotal_unevictable 5',
    'memory.failcnt': '3',
    'memory.memsw.failcnt': '6',
    'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1',
    'cpu.stat': 'nr_periods 9\nnr_throttled 4\nthrottled_time 2000999',
  });
  expect(heldAmounts('v1', read)).toEqual({
    rss: { held: 100, most: 300 },
    fixed: 35,
    swap: { held: 20, most: 50 },
    cpuUs: 5000,
    cpuPeriods: 9,
    heldBackUs: 2000,
  });
  expect(hitCounters('v1', read)).toEqual({ rss: 3, swap: 6, 'oom-kill': 1, cpu: 4 });
});

test('of a guest whose cgroup has no controllers nothing is known', () => {
  expect(heldAmounts('v2', reading({}))).toEqual({});
  expect(hitCounters('v2', reading({}))).toEqual({});
});

test('what of memory cannot be reclaimed, and what swap would take', () => {
  const files = {
    'memory.current': '1000',
    'memory.stat':
      'anon 300\nfile 400\nkernel 200\nshmem 50\ninactive_anon 100\nactive_anon 150\nunevictable 100\nslab_reclaimable 120',
    'memory.swap.current': '10',
  };
  expect(memoryUse(reading(files), 0)).toEqual({
    current: 1000,
    fixed: 430,
    locked: 180,
    stall: 0,
    swapHeld: 10,
    swapFree: 0,
  });
  expect(memoryUse(reading(files), 500)).toMatchObject({ swapHeld: 10, swapFree: 500 });
  const pressure = 'some avg10=40.00 avg60=0.00\nfull avg10=25.50 avg60=0.00 avg300=0.00 total=9';
  expect(memoryUse(reading({ ...files, 'memory.pressure': pressure }), 0)).toMatchObject({ stall: 0.255 });
  expect(memoryUse(reading({}), 0)).toBeUndefined();
});
