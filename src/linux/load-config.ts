import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Loaded } from '../ports/configuration.ts';

const run = promisify(execFile);

/** A reader that has said nothing by then is ended. */
const DEADLINE_MS = 20_000;
const LONGEST_ANSWER = 64 * 1024 * 1024;

/** Reads the configuration in a process of its own. Never throws for what is in the folder. */
export async function loadConfigApart(folder: string, knownGuests: readonly string[] | undefined): Promise<Loaded> {
  const question = JSON.stringify({ folder, context: knownGuests === undefined ? {} : { knownGuests } });
  const words = [...process.execArgv, join(import.meta.dirname, 'config-process.ts'), question];
  try {
    const { stdout } = await run(process.execPath, words, {
      timeout: DEADLINE_MS,
      maxBuffer: LONGEST_ANSWER,
      killSignal: 'SIGKILL',
    });
    return JSON.parse(stdout);
  } catch (error) {
    const says = `was not read: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, problems: [{ place: { file: folder, line: 1, column: 1 }, says }], warnings: [] };
  }
}
