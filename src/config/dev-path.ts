import { quote } from './quote.ts';

const LONGEST_PART = 255;
const LONGEST_PATH = 4095;
/** What the executor resolves. */
const MOST_PARTS = 32;

/** Why a path cannot be a node or link inside a guest: it has to be absolute, plain and below /dev. */
export function devPathProblem(path: string): string | undefined {
  if (/\p{Cc}/u.test(path)) return `${quote(path)} contains a control character; leave it out`;
  if (!path.startsWith('/dev/')) return `${quote(path)} is not below /dev; write an absolute path such as /dev/scanner`;
  const parts = path.slice(1).split('/');
  if (parts.some((part) => part === '.' || part === '..'))
    return `${quote(path)} contains . or ..; write the path without them`;
  if (parts.includes('')) return `${quote(path)} has an empty part; write single slashes, and none at the end`;
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST_PART)) {
    return `${quote(path)} has a part of more than ${LONGEST_PART} bytes; shorten it`;
  }
  if (parts.length > MOST_PARTS) return `${quote(path)} has more than ${MOST_PARTS} parts; shorten it`;
  if (Buffer.byteLength(path) > LONGEST_PATH) return `${quote(path)} has more than ${LONGEST_PATH} bytes; shorten it`;
  return undefined;
}
