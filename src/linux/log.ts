import { existsSync } from 'node:fs';
import type { Host, JournalEntry } from '../ports/host.ts';

const JOURNAL = '/run/systemd/journal/socket';

/** To journald where it runs, else to standard error, one line an entry. */
export function journalLog(host: Host): (entry: JournalEntry) => void {
  return existsSync(JOURNAL) ? (entry) => void host.journal(entry).then(({ ok }) => ok || toStderr(entry)) : toStderr;
}

// The level in front is what journald and syslog read from a service's standard error, sd-daemon(3).
function toStderr({ message, priority }: JournalEntry): void {
  const level = process.stderr.isTTY ? '' : `<${priority}>`;
  process.stderr.write(`${level}${message.replaceAll(/\p{Cc}/gu, escaped)}\n`);
}

function escaped(control: string): string {
  return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
