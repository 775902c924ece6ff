import type { Failed } from '../../ports/executor.ts';

/** What people are told when a program was not begun in a guest. */
export function whyNotRun({ call, errno }: Failed): string {
  return (call === 'execve' && IN_WORDS.get(errno)) || `${call} ${errno}`;
}

const IN_WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such program in the guest, nor what it wants to be run by'],
  ['EACCES', 'is no program, or may not be run in the guest'],
  ['ENOEXEC', 'is no program that the guest can run'],
]);
