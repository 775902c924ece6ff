/** Who has what is wanted, by the number of its process; 0: that cannot be seen from here. */
export function claimant(pid: string): string {
  return pid === '0' ? 'a process of another namespace' : `process ${pid}`;
}
