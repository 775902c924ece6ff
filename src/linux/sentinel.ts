import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of ours in a watched folder: chokidar says "ready" when inotify is exhausted, only an event proves that it hears. */
export interface Sentinel {
  is(path: string): boolean;
  heard(): void;
  /** Resolves with undefined once the file was reported, with the reason when it was not. */
  write(withinMs: number): Promise<string | undefined>;
  remove(): void;
}

export function sentinel(folder: string): Sentinel {
  const path = join(folder, '.hostler-watch');
  let heard = () => {};
  const remove = () => rmSync(path, { force: true });
  return {
    is: (other) => other === path,
    heard: () => heard(),
    remove,
    write: (withinMs) =>
      new Promise((resolve) => {
        const deaf = setTimeout(() => resolve(`no event for ${path} within ${withinMs} ms`), withinMs);
        heard = () => {
          clearTimeout(deaf);
          remove();
          resolve(undefined);
        };
        try {
          writeFileSync(path, `${process.pid}\n`);
        } catch (error) {
          clearTimeout(deaf);
          resolve(`cannot be proved: ${String(error)}`);
        }
      }),
  };
}
