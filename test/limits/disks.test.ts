import { describe, expect, test } from 'vitest';
import { desireDisks, type FoundDisk, heldOnDisks } from '../../src/limits/disks.ts';
import { planLimits } from '../../src/limits/plan.ts';
import { policy } from './policy.ts';

const SLOW: FoundDisk = { number: '7:3', limits: { readBytes: 1_048_576, writes: 120 } };
const FREE = 'rbps=max wbps=max riops=max wiops=max';
const HELD = 'rbps=1048576 wbps=max riops=max wiops=120';
const HOST = { hierarchy: 'v2', cpus: 2 } as const;

test('on v2 a disk has one line, as the kernel writes it', () => {
  expect(desireDisks([SLOW], { hierarchy: 'v2' })).toEqual({ 'io.max 7:3': HELD });
});

test('on v1 it has a line in the file of each limit that the policy names', () => {
  expect(desireDisks([SLOW], { hierarchy: 'v1' })).toEqual({
    'blkio.throttle.read_bps_device 7:3': '1048576',
    'blkio.throttle.write_iops_device 7:3': '120',
  });
});

test('of two names of one disk the smaller limits count', () => {
  const other: FoundDisk = { number: '7:3', limits: { readBytes: 5, writeBytes: 9 } };
  expect(desireDisks([SLOW, other], { hierarchy: 'v2' })).toEqual({
    'io.max 7:3': 'rbps=5 wbps=9 riops=max wiops=120',
  });
});

test('a disk without a line is one that nothing limits, unless there is no such file', () => {
  const lines = ['io.max 7:3', 'blkio.throttle.read_bps_device 7:3', 'io.max 7:5', 'pids.max'] as const;
  expect(heldOnDisks({ 'io.max 7:5': HELD }, ['io.max'], lines)).toEqual({ 'io.max 7:3': FREE, 'io.max 7:5': HELD });
  expect(heldOnDisks({}, ['blkio.throttle.read_bps_device'], lines)).toEqual({
    'blkio.throttle.read_bps_device 7:3': '0',
  });
});

describe('a plan for a guest with a disk', () => {
  const question = {
    policy: policy(),
    host: HOST,
    diskFiles: ['io.max'],
    disks: [SLOW],
    values: {},
    before: {},
  } as const;

  test('writes its line, and remembers that there was none', () => {
    expect(planLimits(question)).toMatchObject({
      writes: [{ file: 'io.max 7:3', value: HELD }],
      before: { 'io.max 7:3': FREE },
      left: { 'io.max 7:3': FREE },
    });
  });

  test('writes nothing when it is there', () => {
    expect(planLimits({ ...question, values: { 'io.max 7:3': HELD } }).writes).toEqual([]);
  });

  test('takes the line of a number away that the disk has no more, and forgets it', () => {
    const disks = [{ ...SLOW, number: '7:5' as const }];
    const values = { 'io.max 7:3': HELD };
    expect(planLimits({ ...question, disks, values, before: { 'io.max 7:3': FREE } })).toMatchObject({
      writes: expect.arrayContaining([
        { file: 'io.max 7:3', value: FREE },
        { file: 'io.max 7:5', value: HELD },
      ]),
      left: { 'io.max 7:5': FREE },
    });
  });

  test('does not write to a number whose line went with its disk', () => {
    expect(planLimits({ ...question, disks: [], before: { 'io.max 7:3': FREE } })).toMatchObject({
      writes: [],
      left: {},
    });
  });

  test('leaves the lines of other disks alone', () => {
    expect(planLimits({ ...question, values: { 'io.max 8:0': HELD, 'io.max 7:3': HELD } }).writes).toEqual([]);
  });

  test('names what a host without that controller lacks', () => {
    expect(planLimits({ ...question, diskFiles: [] })).toMatchObject({ writes: [], absent: ['io.max 7:3'] });
  });
});
