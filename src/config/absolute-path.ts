import { quote } from './quote.ts';

/** What is wrong with the path of a file or folder of the host. */
export function absolutePathProblem(path: string): string | undefined {
  const isPlain = /^\/[^\p{Cc}]*$/u.test(path) && !path.split('/').includes('..') && path.length < 4096;
  return isPlain ? undefined : `${quote(path)} is no absolute path; write one without .., such as /var/lib/lxc`;
}
