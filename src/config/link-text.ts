import { devPathProblem } from './dev-path.ts';
import { linkProblem } from './match-value.ts';

const HOST = 'udev:';

/** Of an entry of `links` that stands for links of the host, the glob that these match; undefined: it is a path. */
export function hostLinkGlob(entry: string): string | undefined {
  return entry.startsWith(HOST) ? entry.slice(HOST.length) : undefined;
}

/** Why this can be no entry of `links`. */
export function linkEntryProblem(entry: string): string | undefined {
  const glob = hostLinkGlob(entry);
  return glob === undefined ? devPathProblem(entry) : linkProblem(glob);
}
