import { readFileSync } from 'node:fs';

/** What fits into the name of a socket, beside LXC's own words; LXC shortens what does not. */
const LONGEST = 100;

/** Whether a monitor of LXC still sees to the guest: it answers on a socket until it has cleared everything away. */
export function hasMonitor(lxcPath: string, name: string, sockets = '/proc/self/net/unix'): boolean {
  const path = `${lxcPath}/${name}/command`;
  if (path.length > LONGEST) return false;
  try {
    return readFileSync(sockets, 'utf8').includes(` @${path}\n`);
  } catch {
    return false;
  }
}
