/** The executor's spelling of words: native/executor/PROTOCOL.md. */
const plain = /^[A-Za-z0-9_./:@+,=-]+$/;
const bytes = new TextEncoder();
const text = new TextDecoder();

export function encodeWord(word: string): string {
  if (word === '') return '%';
  if (plain.test(word)) return word;
  let encoded = '';
  for (const byte of bytes.encode(word)) encoded += encodeByte(byte);
  return encoded;
}

/** Invalid UTF-8 becomes U+FFFD, which no rule ever matches. */
export function decodeWord(word: string): string {
  if (word === '%') return '';
  if (!word.includes('%')) return word;
  return text.decode(decodeBytes(word));
}

function encodeByte(byte: number): string {
  const letter = String.fromCharCode(byte);
  return plain.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function decodeBytes(word: string): Uint8Array {
  const decoded: number[] = [];
  for (let at = 0; at < word.length; at += 1) {
    if (word[at] === '%') {
      decoded.push(Number.parseInt(word.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      decoded.push(word.charCodeAt(at));
    }
  }
  return Uint8Array.from(decoded);
}
