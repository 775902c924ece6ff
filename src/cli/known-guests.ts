import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../config/assemble.ts';
import { loadConfig } from '../config/load.ts';

/**
 * The guests of this host, where hostler.yaml says they are, whatever is wrong in other files. Nothing is known where that file
 * is wrong, or on a machine without guests.
 */
export async function knownGuests(folder: string): Promise<Context> {
  const loaded = await loadConfig(folder, {});
  const settings = loaded.ok ? loaded.config.settings : loaded.settings;
  if (settings === undefined) return {};
  const { lxcPath } = settings;
  try {
    return { knownGuests: readdirSync(lxcPath).filter((name) => existsSync(join(lxcPath, name, 'config'))) };
  } catch {
    return {};
  }
}
