import { devPathProblem } from '../config/dev-path.ts';
import type { RuleDraft, Verdict } from './item.ts';
import { literalGlob } from './literal-glob.ts';
import { decide, taken } from './verdict.ts';

/**
 * A line of an fstab or lxc.mount.entry that binds a device, or a folder of such, into the guest; undefined: it mounts something
 * else. `/dev/dri/card0 dev/dri/card0 none bind,optional,create=file`. `advice` is what is to become of the line itself.
 */
export function boundDevice(entry: string, advice: string): Verdict | undefined {
  const [source, target, , options = ''] = entry.split(/\s+/).map((word) => word.replace(/(?<=.)\/+$/, ''));
  if (source === undefined || target === undefined) return undefined;
  const words = options.split(',');
  const isBound = words.some((word) => word === 'bind' || word === 'rbind');
  if (!isBound || !source.startsWith('/dev/') || NO_DEVICES.test(source)) return undefined;
  const path = `/${target.replace(/^\/+/, '')}`;
  const problem = devPathProblem(source) ?? devPathProblem(path);
  if (problem !== undefined) return decide(problem);
  const waits = words.includes('optional')
    ? ''
    : '; it had to be there for the start: write when: required where it has to';
  const name = literalGlob(source.slice('/dev/'.length));
  return isFolder(source, words)
    ? folderVerdict(name, path === source, `${waits}; ${advice}`)
    : nodeVerdict(name, path === source ? undefined : path, `${unsure(name, words)}${waits}; ${advice}`);
}

const NO_DEVICES = /^\/dev\/(shm|mqueue|pts|hugepages|log|lxd|\.[^/]*)(\/|$)/;
/** What the kernel and udev make folders of, whatever the line says. */
const FOLDERS =
  /^\/dev\/(bus(\/usb(\/\d{3})?)?|cpu(\/\d+)?|dri|disk(\/[^/]+)?|dvb(\/adapter\d+)?|input|mapper|net|serial(\/[^/]+)?|snd|usb|v4l(\/[^/]+)?|vfio)$/;

function isFolder(source: string, words: readonly string[]): boolean {
  if (words.includes('create=dir')) return true;
  return !words.includes('create=file') && FOLDERS.test(source);
}

function unsure(name: string, words: readonly string[]): string {
  return words.includes('create=file') ? '' : `; where that is a folder, write name: "${name}/*" and take: all`;
}

function folderVerdict(name: string, isSamePath: boolean, says: string): Verdict {
  if (!isSamePath) return decide('a folder under another path; write a rule for each device with node.path');
  const rule: RuleDraft = { match: { name: `${name}/*` }, take: 'all', access: 'rw' };
  return taken(`every device in that folder${says}`, { kind: 'rules', rule });
}

function nodeVerdict(name: string, path: string | undefined, says: string): Verdict {
  const rule: RuleDraft = { match: { name }, take: 'one', access: 'rw', ...(path !== undefined && { path }) };
  return taken(`by its name${says}`, { kind: 'rules', rule });
}
