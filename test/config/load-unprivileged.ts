import process from 'node:process';
import { loadFolder } from '../../src/config/load-folder.ts';
import { problemText } from '../../src/config/problem-text.ts';

// The program itself is read as whoever started it; only the configuration is read as nobody.
const NOBODY = 65_534;
if (process.geteuid?.() === 0) process.seteuid?.(NOBODY);
const { problems } = await loadFolder(process.argv[2] ?? '', {}, () => {});
for (const problem of problems) process.stdout.write(`${problemText(problem)}\n`);
