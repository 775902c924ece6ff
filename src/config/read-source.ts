import { constants, open } from 'node:fs/promises';
import type { Problem } from '../model/config.ts';
import { fileProblem } from './file-problem.ts';
import { type Decoded, decodeUtf8 } from './utf8.ts';

/** Bytes that one file, and all files together, may have. */
const FILE_LIMIT = 256 * 1024;
const TOTAL_LIMIT = 4 * 1024 * 1024;

export interface Texts {
  readonly texts: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

export type Decode = (bytes: Uint8Array, file: string) => Decoded;

/** The texts of the files that can be read, by path; a problem for each that cannot. */
export async function readTexts(
  files: readonly string[],
  takeUp: (file: string) => void,
  decode: Decode = decodeUtf8,
): Promise<Texts> {
  const texts = new Map<string, string>();
  const problems: Problem[] = [];
  let room = TOTAL_LIMIT;
  for (const file of files) {
    takeUp(file);
    const bytes = await readBytes(file);
    if (bytes instanceof Uint8Array && bytes.length <= FILE_LIMIT) room -= bytes.length;
    const result = bytes instanceof Uint8Array ? toText(file, bytes, room, decode) : bytes;
    if (typeof result === 'string') texts.set(file, result);
    else problems.push(result);
  }
  return { texts, problems };
}

/** Opened so that a FIFO or a device under a configuration's name cannot hold anything up. */
async function readBytes(file: string): Promise<Uint8Array | Problem> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const facts = await handle.stat();
    if (facts.isDirectory()) return fileProblem(file, { code: 'EISDIR' });
    if (!facts.isFile()) return problem(file, 'is no regular file; put the text itself there');
    const bytes = Buffer.alloc(FILE_LIMIT + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await handle.read(bytes, length, bytes.length - length)).bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    return fileProblem(file, error);
  }
}

function toText(file: string, bytes: Uint8Array, room: number, decode: Decode): string | Problem {
  if (bytes.length > FILE_LIMIT)
    return problem(file, `is larger than ${FILE_LIMIT / 1024} KiB; split it into several files`);
  if (room < 0)
    return problem(
      file,
      `with it the configuration is larger than ${TOTAL_LIMIT / 1024 / 1024} MiB; use globs instead of many rules`,
    );
  const decoded = decode(bytes, file);
  if ('text' in decoded) return decoded.text;
  const { line, column, offset } = decoded;
  const byte = decoded.byte.toString(16).padStart(2, '0');
  const says = `not UTF-8: byte 0x${byte} at offset ${offset}; save the file as UTF-8`;
  return { place: { file, line, column }, code: 'E_CONFIG_YAML', says };
}

function problem(file: string, says: string): Problem {
  return { place: { file, line: 1, column: 1 }, code: 'E_CONFIG_FILE', says };
}
