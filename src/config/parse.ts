import { Worker } from 'node:worker_threads';
import type { Parsed } from './parsed.ts';

/**
 * Reads YAML texts in a thread of their own, so that nothing else waits and a text that takes too long can be given up. One
 * result for each text, in order; the first text that was not read in time says so, those after it are missing.
 */
export function parseAll(texts: readonly string[], deadlineMs: number): Promise<readonly Parsed[]> {
  if (texts.length === 0) return Promise.resolve([]);
  const worker = new Worker(new URL('./yaml-worker.ts', import.meta.url), {
    workerData: texts,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const results: Parsed[] = [];
  const { promise, resolve } = Promise.withResolvers<readonly Parsed[]>();
  const end = (why?: string) => {
    clearTimeout(deadline);
    void worker.terminate();
    resolve(why === undefined ? results : [...results, notRead(why)]);
  };
  const deadline = setTimeout(() => end(`not read within ${deadlineMs} ms`), deadlineMs);
  worker.on('message', (parsed: Parsed) => {
    results.push(parsed);
    if (results.length === texts.length) end();
  });
  worker.on('error', (error) => end(`cannot be read as YAML (${error.message})`));
  return promise;
}

function notRead(why: string): Parsed {
  return {
    spots: new Map(),
    complaints: [{ line: 1, column: 1, says: `${why}; write less into it, or write it more simply` }],
  };
}
