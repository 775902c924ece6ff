import manifest from '../../../package.json' with { type: 'json' };
import type { Run } from '../command.ts';

export const version: Run = async ({ options, terminal }) => {
  if (options.json) terminal.json({ version: manifest.version, node: process.versions.node });
  else terminal.print(`hostler ${manifest.version}`);
  return 0;
};
