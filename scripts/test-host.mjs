// What the host needs that the tests of USB, systemd and cgroup v2 run on.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

export const NEEDS_OF_TEST_HOST = [
  { program: 'qemu-system-x86_64', package: 'qemu-system-x86', why: 'the test host' },
  { program: 'qemu-img', package: 'qemu-utils', why: "the test host's disks" },
  { program: 'mmdebstrap', package: 'mmdebstrap', why: "the test host's packages" },
  { program: 'arch-test', package: 'arch-test', why: "the test host's packages" },
  { program: 'mksquashfs', package: 'squashfs-tools', why: 'the build, for the test host' },
  { program: 'mkfs.ext4', package: 'e2fsprogs', why: "the test host's disks" },
  { program: 'cpio', package: 'cpio', why: 'what the test host starts from' },
  { program: 'ssh', package: 'openssh-client', why: 'the way into the test host' },
];

/** Why there can be none; undefined: there can. */
export function noTestHost() {
  if (process.getuid?.() !== 0) return 'without root its packages cannot be unpacked';
  const missing = NEEDS_OF_TEST_HOST.filter((need) => !isThere(need)).map(({ program }) => program);
  return missing.length > 0 ? `${missing.join(', ')} could not be installed` : undefined;
}

export function isThere({ program, file }) {
  if (file !== undefined) return existsSync(file);
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
