import { watch } from 'node:fs';
import { basename } from 'node:path';

/** Who writes files, as inotify tells it. */
export interface SeenWrites {
  /** Names of files in the order in which they were written; a file that is written twice in a row may be there once. */
  names(): readonly string[];
  end(): void;
}

/** From now on. */
export function seeWrites(paths: readonly string[]): SeenWrites {
  const names: string[] = [];
  const watches = paths.map((path) => watch(path, () => names.push(basename(path))));
  return {
    names: () => [...names],
    end() {
      for (const one of watches) one.close();
    },
  };
}
