import {
  DISK_FILES,
  type DiskFile,
  type DiskLine,
  LIMIT_FILES,
  type LimitedResource,
  type LimitFile,
} from '../model/limit.ts';

/** The files, and the lines of files, that any of these records speaks of; in the order in which they are written. */
export function limitFiles(...records: readonly Readonly<Partial<Record<LimitFile, unknown>>>[]): readonly LimitFile[] {
  const files = LIMIT_FILES.filter((file) => records.some((record) => record[file] !== undefined));
  return [...files, ...new Set(records.flatMap((record) => Object.keys(record).filter(isDiskLine)))];
}

export function isDiskLine(file: string): file is DiskLine {
  return DISK_FILES.some((known) => file.startsWith(`${known} `));
}

/** The control file that has this line. */
export function fileOf(line: LimitFile): string {
  return line.split(' ')[0] ?? line;
}

/** That of a line of a file with a line for each disk; undefined: it is a file by itself. */
export function diskFileOf(line: LimitFile): DiskFile | undefined {
  return DISK_FILES.find((file) => line.startsWith(`${file} `));
}

/** Whether it says how much CPU time there is in which period, or what of it may be saved up. */
export function isOfQuota(file: string): boolean {
  return QUOTA_FILES.has(file);
}

const QUOTA_FILES: ReadonlySet<string> = new Set([
  'cpu.max',
  'cpu.max.burst',
  'cpu.cfs_quota_us',
  'cpu.cfs_period_us',
  'cpu.cfs_burst_us',
] satisfies LimitFile[]);

/** What a control file limits. */
export function resourceOf(file: LimitFile): LimitedResource {
  const controller = file.slice(0, file.indexOf('.'));
  if (controller === 'pids') return 'processes';
  return controller === 'memory' || controller === 'cpu' ? controller : 'io';
}
