import { existsSync } from 'node:fs';
import { watch as watchFolder } from 'chokidar';
import { loadConfig } from '../config/load.ts';
import type { Refusal } from '../model/failure.ts';
import type { Configuration } from '../ports/configuration.ts';
import { type Sentinel, sentinel } from './sentinel.ts';

/** Editors write a file in several steps; a change counts when it has been quiet for this long. */
const REST_MS = 200;
/** A watch that does not report a file of ours by then is deaf: longer than it takes on a busy host. */
const PROOF_MS = 5000;

/** The configuration folder on disk, watched through chokidar. */
export function configurationFolder(folder: string): Configuration {
  let stop = async () => {};
  let closed = false;
  return {
    folder,
    load: (knownGuests) => loadConfig(folder, knownGuests === undefined ? {} : { knownGuests }),
    close() {
      closed = true;
      return stop();
    },
    async watch(changed) {
      await stop();
      if (closed) return undefined; // in between: a watch that nobody stops would keep the agent from ending
      const proof = sentinel(folder);
      const watcher = watchFolder(folder, { ignoreInitial: true, followSymlinks: false, depth: 1, atomic: REST_MS });
      const atRest = debounced(changed);
      stop = async () => {
        atRest.cancel();
        await watcher.close();
        proof.remove();
      };
      watcher.on('all', (_event, path) => (proof.is(path) ? proof.heard() : atRest.call()));
      const trouble = await provedToHear(watcher, proof);
      return trouble === undefined ? undefined : unheard(folder, trouble);
    },
  };
}

function unheard(folder: string, detail: string): Refusal {
  return existsSync(folder)
    ? { code: 'E_WATCH', subject: folder, detail }
    : { code: 'W_FOLDER', subject: folder, detail: 'there is no such folder' };
}

type Watcher = ReturnType<typeof watchFolder>;

async function provedToHear(watcher: Watcher, proof: Sentinel): Promise<string | undefined> {
  // On, not once: it fails for every folder, and a failure that nobody hears ends the process.
  const failed = new Promise<string>((resolve) => watcher.on('error', (error) => resolve(String(error))));
  const ready = new Promise<undefined>((resolve) => watcher.once('ready', () => resolve(undefined)));
  const trouble = await Promise.race([failed, ready]);
  return trouble ?? Promise.race([failed, proof.write(PROOF_MS)]);
}

function debounced(call: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => clearTimeout(timer);
  return {
    cancel,
    call() {
      cancel();
      timer = setTimeout(call, REST_MS);
    },
  };
}
