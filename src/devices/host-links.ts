import type { Device } from '../model/device.ts';
import { anyGlobMatches } from '../model/glob-match.ts';
import { isPrintable } from '../model/printable.ts';
import type { Rule } from '../model/rule.ts';
import { isUsable } from './usable.ts';

const bytes = new TextEncoder();
const LONGEST_PART = 255;
const MOST_PARTS = 32;

/** udev's links to a device that a rule wants in the guest, as they are on the host. */
export function hostLinks({ hostLinks = [] }: Pick<Rule, 'hostLinks'>, { links }: Device): readonly string[] {
  return links.filter((link) => isPlain(link) && anyGlobMatches(hostLinks, link));
}

// udev makes them of what hardware says of itself; it also tells of those that no file system takes.
function isPlain(link: string): boolean {
  const parts = link.split('/');
  const fits = parts.length <= MOST_PARTS && parts.every((part) => bytes.encode(part).length <= LONGEST_PART);
  return fits && isUsable(link) && isPrintable(link) && /^\/dev(\/(?!\.{1,2}(\/|$))[^/]+)+$/.test(link);
}
