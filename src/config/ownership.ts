import { quote } from './quote.ts';

const LARGEST_ID = 4_294_967_294;

/** Permission bits of four octal digits; undefined for anything else. */
export function parseMode(text: string): number | undefined {
  return /^0[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

export function modeProblem(text: string): string | undefined {
  if (parseMode(text) !== undefined) return undefined;
  const digits = modeDigits(text);
  if (/^[1-7][0-7]{3}$/.test(text)) {
    return `${quote(text)} sets setuid, setgid or sticky, which mean nothing on a device; write "${digits}"`;
  }
  return `${quote(text)} is no mode; write four octal digits, such as "${digits ?? '0660'}"`;
}

/** The mode that was most likely meant: `660`, `0o660` and `4660` are `0660`. */
export function modeDigits(text: string): string | undefined {
  const digits = /^(?:0o?|[1-7])?([0-7]{3})$/.exec(text)?.[1];
  return digits === undefined ? undefined : `0${digits}`;
}

/** Why a name or number cannot be in a passwd or group file. Whether it is in the guest's shows only there. */
export function ownerProblem(text: string): string | undefined {
  if (/^\d+$/.test(text)) {
    if (Number(text) <= LARGEST_ID) return undefined;
    return `${text} is larger than any owner; write a number up to ${LARGEST_ID}, or a name`;
  }
  if (/^[A-Za-z_][A-Za-z0-9_.@-]{0,63}\$?$/.test(text)) return undefined;
  return `${quote(text)} is no name of a user or group; write letters, digits, _ . @ or -, such as root, or a number in quotes`;
}
