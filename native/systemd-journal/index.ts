/**
 * journald's native protocol and sd_notify as words of the executor's `journal` and `notify` verbs; the datagrams
 * themselves are sent by datagram.c. Field names: systemd.journal-fields(7).
 */
export interface JournalEntry {
  /** One line for people; a newline in it is kept. */
  readonly message: string;
  /** 128 bits in hex, one per kind of message; a catalog explains it. */
  readonly messageId?: string;
  /** syslog's: 3 error, 4 warning, 6 information. */
  readonly priority: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
  /** Further fields, `HOSTLER_GUEST` and the like. Names that journald refuses are put right: upper case, `_` for the rest. */
  readonly fields?: Readonly<Record<string, string>>;
}

const MAX_NAME_LENGTH = 64;

/** One `FIELD=VALUE` word for each field, MESSAGE first. No value holds NUL: the protocol's words cannot. */
export function journalFields(entry: JournalEntry, identifier: string): string[] {
  const known: Record<string, string> = {
    MESSAGE: entry.message,
    PRIORITY: String(entry.priority),
    SYSLOG_IDENTIFIER: identifier,
  };
  if (entry.messageId !== undefined) known.MESSAGE_ID = entry.messageId;
  const further = Object.entries(entry.fields ?? {}).map(([name, value]) => field(fieldName(name), value));
  return [...Object.entries(known).map(([name, value]) => field(name, value)), ...further];
}

/** `READY=1\nSTATUS=...`: the text of one sd_notify message. A newline would end an assignment: it becomes a space. */
export function notifyText(assignments: Readonly<Record<string, string>>): string {
  return Object.entries(assignments)
    .map(([name, value]) => field(name, value.replaceAll('\n', ' ')))
    .join('\n');
}

function field(name: string, value: string): string {
  return `${name}=${value.replaceAll('\0', '\ufffd')}`;
}

/** A leading underscore is for what journald itself knows of the sender. */
function fieldName(name: string): string {
  const plain = name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
  return (/^[A-Z]/.test(plain) ? plain : `X${plain}`).slice(0, MAX_NAME_LENGTH);
}
