import type { DiskFile, DiskLine, DiskNumber, LimitFile, LimitingHost, LimitValues } from '../model/limit.ts';
import type { DiskPolicy } from '../model/policy.ts';
import { diskFileOf } from './files.ts';

/** A disk of a policy, and the number that it has now. */
export interface FoundDisk {
  readonly number: DiskNumber;
  readonly limits: Omit<DiskPolicy, 'device'>;
}

/** The lines that hold a guest to what its policy says of disks. Of two names of one disk the smaller limits count. */
export function desireDisks(disks: readonly FoundDisk[], { hierarchy }: Pick<LimitingHost, 'hierarchy'>): LimitValues {
  const byNumber = new Map<DiskNumber, FoundDisk['limits']>();
  for (const { number, limits } of disks) byNumber.set(number, stricter(byNumber.get(number) ?? {}, limits));
  const lines = hierarchy === 'v1' ? linesOnV1 : linesOnV2;
  return Object.fromEntries([...byNumber].flatMap(([number, limits]) => lines(number, limits)));
}

/** What the files hold, with a line also for a disk that has none because nothing limits it. */
export function heldOnDisks(values: LimitValues, files: readonly DiskFile[], lines: readonly LimitFile[]): LimitValues {
  const missing = lines.flatMap((line) => {
    const file = diskFileOf(line);
    return file !== undefined && files.includes(file) ? [[line, file === 'io.max' ? NO_LIMIT : '0'] as const] : [];
  });
  return { ...Object.fromEntries(missing), ...values };
}

const NO_LIMIT = 'rbps=max wbps=max riops=max wiops=max';

const FILES = {
  readBytes: { key: 'rbps', file: 'blkio.throttle.read_bps_device' },
  writeBytes: { key: 'wbps', file: 'blkio.throttle.write_bps_device' },
  reads: { key: 'riops', file: 'blkio.throttle.read_iops_device' },
  writes: { key: 'wiops', file: 'blkio.throttle.write_iops_device' },
} as const;
const LIMITS = ['readBytes', 'writeBytes', 'reads', 'writes'] as const;

type Lines = readonly (readonly [DiskLine, string])[];

// One line as the kernel writes it, so that it can be compared with what is read.
function linesOnV2(number: DiskNumber, limits: FoundDisk['limits']): Lines {
  return [[`io.max ${number}`, LIMITS.map((limit) => `${FILES[limit].key}=${limits[limit] ?? 'max'}`).join(' ')]];
}

function linesOnV1(number: DiskNumber, limits: FoundDisk['limits']): Lines {
  return LIMITS.flatMap((limit) =>
    limits[limit] === undefined ? [] : [[`${FILES[limit].file} ${number}`, `${limits[limit]}`] as const],
  );
}

function stricter(one: FoundDisk['limits'], other: FoundDisk['limits']): FoundDisk['limits'] {
  return Object.fromEntries(
    LIMITS.flatMap((limit) => {
      const both = [one[limit], other[limit]].filter((amount) => amount !== undefined);
      return both.length === 0 ? [] : [[limit, Math.min(...both)]];
    }),
  );
}
