import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import { flushNames, readValue, writeValue } from './atomic-file.ts';

/** Values in files, one each. What a file surely has already is not written again. */
export class ValueFiles {
  /** By path, what is surely in the file. */
  readonly #saved = new Map<string, string>();
  #refusals: readonly Refusal[] = [];

  /** Undefined: there is none, or it is not what was written, which is then refused. */
  read<T>(path: string, fits: (value: unknown) => value is T): T | undefined {
    const { value, bad } = readValue(path);
    if (value === undefined && bad === undefined) return undefined;
    if (bad === undefined && fits(value)) {
      this.#saved.set(path, JSON.stringify(value));
      return value;
    }
    const detail = bad ?? 'not what was written';
    this.#refusals = [...this.#refusals, { code: 'W_STATE_BAD', subject: path, detail }];
    return undefined;
  }

  /** Whether the file surely has this already. */
  has(path: string, value: unknown): boolean {
    return this.#saved.get(path) === JSON.stringify(value);
  }

  /** With `durable` what was there, or this, is on the disk when this returns; with `now` it is this. */
  write(path: string, value: unknown, durable: boolean | 'now'): readonly Refusal[] {
    if (this.has(path, value)) return [];
    const body = JSON.stringify(value);
    this.#saved.delete(path);
    try {
      writeValue(path, value, durable !== false);
      if (durable === 'now') flushNames(dirname(path));
    } catch (error) {
      return [{ code: 'E_STATE_WRITE', subject: path, detail: errorText(error) }];
    }
    this.#saved.set(path, body);
    return [];
  }

  remove(path: string): void {
    this.#saved.delete(path);
    try {
      rmSync(path, { force: true });
    } catch {
      // It stays: a ledger of another start is void anyway.
    }
  }

  /** What was refused since this was asked last. */
  takeRefusals(): readonly Refusal[] {
    const taken = this.#refusals;
    this.#refusals = [];
    return taken;
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
