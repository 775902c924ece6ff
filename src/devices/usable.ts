/** Control characters, and what a decoder writes for bytes that are no UTF-8. */
const UNUSABLE = /[\p{Cc}\uFFFD]/u;

/** Whether a value may be matched or remembered. Hardware chooses its own strings: a line break in one is an attack. */
export function isUsable(value: string): boolean {
  return !UNUSABLE.test(value);
}
