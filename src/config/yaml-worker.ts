import { parentPort, workerData } from 'node:worker_threads';
import type { Parsed } from './parsed.ts';
import { readYaml } from './yaml-text.ts';

// The texts come with the start; one message goes back for each, in order, so that the reader knows which one hangs.
for (const text of workerData as readonly string[]) parentPort?.postMessage(readCarefully(text));

/** The library recurses and throws on texts that nobody writes by hand; to the reader that is a problem like any other. */
function readCarefully(text: string): Parsed {
  try {
    return readYaml(text);
  } catch (error) {
    const says = `not YAML: ${String(error)}; write it more simply`;
    return { spots: new Map(), complaints: [{ line: 1, column: 1, says }] };
  }
}
