import { closeSync, openSync, readSync } from 'node:fs';

/** Files of the kernel that are read again and again: they stay open, since opening costs four times what reading does. */
export class KeptFiles {
  /** By name; a path is of one that is opened each time. */
  readonly #files: ReadonlyMap<string, number | string>;
  /** One of them was removed: what was read last is not whole. */
  isGone = false;

  /** By name, the paths of those that are to be read, of which what is not there is left out. `keeps`: which stay open. */
  constructor(paths: Iterable<readonly [string, string]>, keeps: (name: string) => boolean) {
    const files = new Map<string, number | string>();
    for (const [name, path] of paths) {
      const file = openIfThere(path);
      if (typeof file === 'number' && !keeps(name)) closeSync(file);
      if (file !== undefined) files.set(name, keeps(name) ? file : path);
    }
    this.#files = files;
  }

  /** How many there are. */
  get size(): number {
    return this.#files.size;
  }

  /** How many stay open. */
  get open(): number {
    return this.#descriptors().length;
  }

  /** Undefined: it is not there. */
  read(name: string): string | undefined {
    const file = this.#files.get(name);
    if (file === undefined || this.isGone) return undefined;
    try {
      return (typeof file === 'number' ? textOf(file) : textAt(file)).trimEnd();
    } catch (error) {
      // Another error says nothing of the others: EOPNOTSUPP of a kernel without pressure stall information, or EMFILE.
      this.isGone = isOneOf(error, ['ENODEV', 'ENOENT']);
      return undefined;
    }
  }

  close(): void {
    for (const file of this.#descriptors()) closeSync(file);
  }

  #descriptors(): readonly number[] {
    return [...this.#files.values()].filter((file) => typeof file === 'number');
  }
}

/** Undefined: this kernel does not have it. The path: it cannot be opened now. */
function openIfThere(path: string): number | string | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    return isOneOf(error, ['ENOENT']) ? undefined : path;
  }
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

const bytes = Buffer.alloc(16 * 1024);

function textOf(file: number): string {
  let text = '';
  for (let read = bytes.length; read === bytes.length; text += bytes.toString('latin1', 0, read))
    read = readSync(file, bytes, 0, bytes.length, text.length);
  return text;
}

function textAt(path: string): string {
  const file = openSync(path, 'r');
  try {
    return textOf(file);
  } finally {
    closeSync(file);
  }
}
