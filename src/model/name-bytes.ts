const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name that nobody can say, as `$'…'` of bash has it, and what is odd about it. */
export interface OddName {
  readonly escaped: string;
  readonly odd: string;
}

/** The name that these bytes are. */
export function nameOf(bytes: Uint8Array): { readonly name: string } | OddName {
  try {
    return { name: strict.decode(bytes) };
  } catch {
    return { escaped: escaped(bytes), odd: 'is not UTF-8' };
  }
}

/** The same where a name is told and typed: it has nothing that acts on a terminal. */
export function plainNameOf(bytes: Uint8Array): { readonly name: string } | OddName {
  const named = nameOf(bytes);
  const isPlain = 'odd' in named || !/\p{Cc}/u.test(named.name);
  return isPlain ? named : { escaped: escaped(bytes), odd: 'has control characters' };
}

function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const letter = String.fromCharCode(byte);
    return /[ -~]/.test(letter) && !/['\\]/.test(letter) ? letter : `\\x${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}
