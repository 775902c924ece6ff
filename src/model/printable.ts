// Control, format (bidirectional overrides, zero width), private and unassigned characters, line and paragraph separators.
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;
const everyUnprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Whether nothing in it could act on a terminal, or be seen as something else. */
export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}

/** What hardware or a guest wrote, safe on a terminal: `\x0a` for a newline, `\u{202e}` for an override. */
export function printable(text: string): string {
  return text.replace(everyUnprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** One line of JSON, as safe as that and still the same JSON. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(everyUnprintable, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
