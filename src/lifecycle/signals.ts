/** Numbers as Linux has them on all machines that run guests here. */
export const SIGINT = 2;
export const SIGUSR1 = 10;
export const SIGUSR2 = 12;
export const SIGTERM = 15;
export const SIGCONT = 18;
export const SIGPWR = 30;
/** systemd's RTMIN+3 and +5 as glibc counts, which it is built with. */
export const SYSTEMD_HALT = 37;
export const SYSTEMD_REBOOT = 39;

export function hasSignal(set: bigint | undefined, signal: number): boolean {
  return set !== undefined && ((set >> BigInt(signal - 1)) & 1n) === 1n;
}
