import { readFileSync } from 'node:fs';

/** What fits into the name of a socket, beside LXC's own words; LXC shortens what does not. */
const LONGEST = 100;

/** On which sockets somebody listens: looked at once for all who ask in one turn of the event loop. */
export class MonitorSockets {
  readonly #list: string;
  #seen: ReadonlySet<string> | undefined;

  constructor(list = '/proc/self/net/unix') {
    this.#list = list;
  }

  /** Whether a monitor of LXC answers for the guest. It does so no more while it runs the hooks that come after the end of a guest. */
  has(lxcPath: string, name: string): boolean {
    const path = `${lxcPath}/${name}/command`;
    return path.length <= LONGEST && this.#now().has(path);
  }

  #now(): ReadonlySet<string> {
    if (this.#seen !== undefined) return this.#seen;
    setImmediate(() => {
      this.#seen = undefined;
    });
    this.#seen = this.#read();
    return this.#seen;
  }

  // The kernel shows a socket without a file by an @ before its name.
  #read(): ReadonlySet<string> {
    try {
      return new Set(readFileSync(this.#list, 'utf8').match(/(?<= @)\/.*$/gm));
    } catch {
      return new Set();
    }
  }
}
