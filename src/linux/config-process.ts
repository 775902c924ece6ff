import { loadConfig } from '../config/load.ts';

// A process of its own: it gives back the 20 MB of the schema library when it ends, and a text that hangs it ends alone.
const { folder, context } = JSON.parse(process.argv[2] ?? '{}');
process.stdout.write(JSON.stringify(await loadConfig(folder, context)));
