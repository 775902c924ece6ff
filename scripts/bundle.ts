import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const SOURCE = join(import.meta.dirname, '../src');
/** The command, and the process that reads configuration. */
const ENTRIES = { hostler: join(SOURCE, 'cli/main.ts'), reader: join(SOURCE, 'config/reader.ts') };

// bundle.ts FOLDER VERSION: everything that Node runs, with what it needs of node_modules. What a command does not use it does
// not load: each has a file of its own.
const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) throw new Error('bundle.ts FOLDER VERSION');
const bundle = await rolldown({ input: ENTRIES, platform: 'node', logLevel: 'warn', plugins: [manifest(version)] });
await bundle.write({
  dir: folder,
  format: 'esm',
  entryFileNames: '[name].mjs',
  chunkFileNames: '[name].mjs',
  comments: false,
  cleanDir: true,
});
await bundle.close();

/** Of package.json the programs want to know their version. */
function manifest(version: string): Plugin {
  return {
    name: 'manifest',
    load: (id) => (id.endsWith('/package.json') ? { code: JSON.stringify({ version }), moduleType: 'json' } : null),
  };
}
