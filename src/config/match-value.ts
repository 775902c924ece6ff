import { globProblem, isLiteral, literalStart } from '../model/glob.ts';
import { quote } from './quote.ts';

/** Why a glob can match no kernel word: a subsystem, devtype, driver, sysname or tag. */
export function wordProblem(glob: string): string | undefined {
  const problem = globProblem(glob);
  if (problem !== undefined) return problem;
  return glob.includes('/') ? `${quote(glob)} contains a slash, which no such name does; leave it out` : undefined;
}

/** Why a glob can match no path below /dev. */
export function nameProblem(glob: string): string | undefined {
  const problem = globProblem(glob);
  if (problem !== undefined) return problem;
  if (!glob.startsWith('/')) return undefined;
  const right = glob.replace(/^\/+(dev\/+)?/, '');
  return `${quote(glob)} can never match, the path counts from below /dev; write ${quote(right)}`;
}

/** Why a glob can match no link that udev makes. */
export function linkProblem(glob: string): string | undefined {
  const problem = globProblem(glob);
  if (problem !== undefined) return problem;
  const start = literalStart(glob);
  if (start.startsWith('/dev/') || (start !== glob && '/dev/'.startsWith(start))) return undefined;
  return `${quote(glob)} can never match, every link is below /dev; write ${quote(`/dev/${glob.replace(/^\/+/, '')}`)}`;
}

/** Why a glob can match no physical path of USB. */
export function portProblem(glob: string): string | undefined {
  const problem = globProblem(glob);
  if (problem !== undefined) return problem;
  if (!/^[0-9.*?[\]!-]+$/.test(glob)) {
    return `${quote(glob)} can never match; write bus, dash and ports with dots, such as 1-1.2`;
  }
  if (!isLiteral(glob) || /^[1-9]\d*-[1-9]\d*(\.[1-9]\d*)*$/.test(glob)) return undefined;
  return `${quote(glob)} can never match; write bus, dash and ports with dots, such as 1-1.2`;
}

/** Why a glob can match no device number. */
export function numberProblem(glob: string): string | undefined {
  const problem = globProblem(glob);
  if (problem !== undefined) return problem;
  const hasForm = /^([bc*?]|\[[bc]+\]) [0-9*?[\]!-]+:[0-9*?[\]!-]+$/.test(glob);
  if (hasForm && !/[ :]0\d/.test(glob)) return undefined;
  return `${quote(glob)} can never match; write c or b, a space, major, colon and minor, such as "c 188:*"`;
}

/** Why the value can never be found in this sysfs attribute. */
export function attrValueProblem(key: string, glob: string): string | undefined {
  if (!usbIds.has(key) || !isLiteral(glob) || /^[0-9a-f]{4}$/.test(glob)) return undefined;
  const right = glob.toLowerCase().replace(/^0x/, '').padStart(4, '0');
  const example = /^[0-9a-f]{4}$/.test(right) ? right : '04b8';
  return `${quote(glob)} can never match, USB ids are four lower-case hex digits; write "${example}"`;
}

// udev's ID_VENDOR_ID is no such case: for PCI it is written 0x8086.
const usbIds: ReadonlySet<string> = new Set(['idVendor', 'idProduct']);

/** Why this can be no udev property. */
export function propertyKeyProblem(key: string): string | undefined {
  if (/^[A-Za-z0-9_.:-]{1,255}$/.test(key)) return undefined;
  return `${quote(key)} is no name of a udev property; write it as udevadm info shows it, such as ID_SERIAL`;
}

/** Why this can be no attribute of a sysfs device: it is a path below the device's folder. */
export function attrKeyProblem(key: string): string | undefined {
  const isPath = key.split('/').every((part) => /^[^/\p{Cc}]{1,255}$/u.test(part) && part !== '.' && part !== '..');
  if (isPath && key.length < 1024) return undefined;
  return `${quote(key)} is no name of a sysfs attribute; write it as it is named in the device's folder, such as idVendor`;
}
