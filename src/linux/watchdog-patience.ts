/** How long the manager of services waits for a sign of this process, sd_watchdog_enabled(3); undefined: it waits for none. */
export function watchdogPatienceMs(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = environment;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return undefined;
  const us = Number(WATCHDOG_USEC);
  return us > 0 ? us / 1000 : undefined;
}
