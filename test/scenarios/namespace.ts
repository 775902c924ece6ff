import { readlinkSync } from 'node:fs';

/** Whether real guests and devices may be made: as root, and not in the machine's own mount and network namespace. */
export const onTestHost =
  process.getuid?.() === 0 && ['mnt', 'net'].every((kind) => namespaceOf('self', kind) !== namespaceOf('1', kind));

function namespaceOf(process: string, kind: string): string {
  return readlinkSync(`/proc/${process}/ns/${kind}`);
}
