import { readFileSync, statSync } from 'node:fs';

/** The host's names for its numbers, from passwd or group; read again when the file has changed. */
export interface NameFile {
  /** The name, or the number as text where the host has none. */
  name(number: number): string;
}

export function nameFile(path: string): NameFile {
  let names = new Map<number, string>();
  let readAt = -1;
  const refresh = () => {
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt === readAt) return;
    names = changedAt === 0 ? new Map() : parse(readFileSync(path, 'utf8'));
    readAt = changedAt;
  };
  return {
    name(number) {
      refresh();
      return names.get(number) ?? String(number);
    },
  };
}

function parse(text: string): Map<number, string> {
  const rows = text.split('\n').map((line) => line.split(':'));
  // The first name of a number counts, as for getpwuid.
  return new Map(rows.reverse().map(([name = '', , number]) => [Number(number), name]));
}
