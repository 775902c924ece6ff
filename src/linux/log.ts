import { existsSync } from 'node:fs';
import { printable } from '../model/printable.ts';
import type { Host, JournalEntry } from '../ports/host.ts';

const JOURNAL = '/run/systemd/journal/socket';

/** To journald where it runs, else to standard error, one line an entry: what hardware or a guest wrote does nothing to who reads it. */
export function journalLog(host: Host): (entry: JournalEntry) => void {
  const write: (entry: JournalEntry) => void = existsSync(JOURNAL)
    ? (entry) => void host.journal(entry).then(({ ok }) => ok || toStderr(entry))
    : toStderr;
  return (entry) => write({ ...entry, message: printable(entry.message) });
}

// The level in front is what journald and syslog read from a service's standard error, sd-daemon(3).
function toStderr({ message, priority }: JournalEntry): void {
  const level = process.stderr.isTTY ? '' : `<${priority}>`;
  process.stderr.write(`${level}${message}\n`);
}
