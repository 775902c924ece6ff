import type { Problem } from '../model/config.ts';

/** `rules/usb.yaml:3:5: what is wrong, and what would be right`, as editors understand it. */
export function problemText({ place, says }: Problem): string {
  return `${place.file}:${place.line}:${place.column}: ${says}`;
}
