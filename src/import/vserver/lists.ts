const LISTS =
  /^(c?flags|[bcn]capabilities|capabilities|nflags|fstab(\.remote|\.local)?|schedule|apps\/init\/(depends|killseq|cmd\..*)|namespace-cleanup-skip|cgroup\/(devices|blkio\.throttle)\..*)$/;

/** Whether each line of such a file is a value by itself. */
export function isList(key: string): boolean {
  return LISTS.test(key);
}
