import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../config/assemble.ts';
import { loadConfig } from '../config/load.ts';

/** The guests of this host, where its configuration says they are; nothing is known on a machine without guests. */
export async function knownGuests(folder: string): Promise<Context> {
  const loaded = await loadConfig(folder, {});
  if (!loaded.ok) return {};
  const { lxcPath } = loaded.config.settings;
  try {
    return { knownGuests: readdirSync(lxcPath).filter((name) => existsSync(join(lxcPath, name, 'config'))) };
  } catch {
    return {};
  }
}
