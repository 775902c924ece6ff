import { existsSync } from 'node:fs';
import { programs } from '../../main.ts';

const NEEDED = [
  { path: '/usr/bin/lxc-start', remedy: 'apt-get install lxc' },
  { path: '/bin/busybox', remedy: 'apt-get install busybox-static' },
  { path: '/dev/loop-control', remedy: 'modprobe loop' },
];

/** Why the demo cannot be shown here, a line each with what to do about it. */
export function missingForDemo(): readonly string[] {
  const lines = NEEDED.filter(({ path }) => !existsSync(path)).map(
    ({ path, remedy }) => `missing: ${path} (${remedy})`,
  );
  if (!existsSync(programs.executor)) lines.push('missing: the executor (npm run build)');
  if (process.getuid?.() !== 0) lines.push('missing: root, which starts guests and makes devices (sudo npm start)');
  return lines;
}
