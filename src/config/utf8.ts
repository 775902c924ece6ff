/** The text of a file, without its byte order mark; or where and why it is not UTF-8. */
export type Decoded =
  | { readonly text: string }
  | { readonly line: number; readonly column: number; readonly offset: number; readonly byte: number };

export function decodeUtf8(bytes: Uint8Array): Decoded {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return firstBadByte(bytes);
  }
}

/** Where a forgiving reading puts a replacement character that the bytes do not hold. */
function firstBadByte(bytes: Uint8Array): Decoded {
  let offset = 0;
  let line = 1;
  let column = 1;
  for (const character of new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)) {
    if (character === REPLACEMENT && !holdsReplacement(bytes, offset)) break;
    offset += Buffer.byteLength(character);
    line = character === '\n' ? line + 1 : line;
    column = character === '\n' ? 1 : column + character.length;
  }
  return { line, column, offset, byte: bytes[offset] ?? 0 };
}

const REPLACEMENT = '\ufffd';

function holdsReplacement(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
}
