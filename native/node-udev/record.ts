/** What udev's database, /run/udev/data/{c,b}MAJOR:MINOR, nIFINDEX or +SUBSYSTEM:SYSNAME, says of one device. */
export interface UdevRecord {
  readonly properties: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** Below /dev, without it: `serial/by-id/...`. */
  readonly links: readonly string[];
  /** Microseconds of the monotonic clock when udev first finished with the device. */
  readonly initializedUsec?: bigint;
}

/**
 * One line a fact, its kind before the colon: E property, G tag, S link, I initialised, others are udev's own. Written
 * under a temporary name and renamed, so it is never read half. Format: systemd, src/libsystemd/sd-device/device-private.c.
 */
export function parseUdevRecord(text: string): UdevRecord {
  const lines = text.split('\n').filter((line) => line[1] === ':');
  const initialized = valuesOf(lines, 'I').find((value) => /^[0-9]+$/.test(value));
  return {
    properties: Object.fromEntries(valuesOf(lines, 'E').flatMap(property)),
    tags: valuesOf(lines, 'G'),
    links: valuesOf(lines, 'S'),
    ...(initialized === undefined ? {} : { initializedUsec: BigInt(initialized) }),
  };
}

function valuesOf(lines: readonly string[], kind: string): string[] {
  return lines.filter((line) => line[0] === kind).map((line) => line.slice(2));
}

function property(text: string): [string, string][] {
  const equals = text.indexOf('=');
  return equals > 0 ? [[text.slice(0, equals), text.slice(equals + 1)]] : [];
}
