import type { Problem } from '../model/config.ts';

/** `/etc/hostler/rules/usb.yaml:4:9: what is wrong; what would be right [E_CONFIG_KEY]`: one line, whatever the file's name holds. */
export function problemText({ place, code, says }: Problem): string {
  return `${oneLine(place.file)}:${place.line}:${place.column}: ${oneLine(says)} [${code}]`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
