/** What changes by itself, by dpkg's own doing, or because guests run. */
const OTHERS = [
  '/proc',
  '/sys',
  '/dev',
  '/tmp',
  '/opt',
  '/share',
  '/srv',
  '/root',
  '/run',
  '/var/lib/dpkg',
  '/var/lib/lxc',
  '/var/log',
  '/var/tmp',
];
const NOTED = '/root/files';
const FILES = `find / -xdev \\( ${OTHERS.map((path) => `-path ${path}`).join(' -o ')} \\) -prune -o -print | LC_ALL=C sort`;

/** Notes which files the host has, before the package comes. */
export const NOTE_FILES = `${FILES} > ${NOTED}`;

/** Says what of the package is there that was not when that was noted; nothing when it has left nothing behind. */
export const LEAVINGS = `
${FILES} | LC_ALL=C comm -13 ${NOTED} -
ls -d /run/hostler* 2> /dev/null
systemctl list-units --all --no-legend 'hostler*'`;
