interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** How the value is called in help. */
  readonly value?: string;
  /** What an option without a value means; then only a number is taken for its value. */
  readonly otherwise?: string;
  /** It says which guests are meant: none are named beside it. */
  readonly namesGuests?: true;
  /** The argument that it is taken with. */
  readonly with?: string;
  readonly says: string;
}

/** Every option of every command; a name means the same wherever it is taken. */
export const optionTable = {
  json: { type: 'boolean', says: 'print JSON for programs instead of text for people' },
  'no-legend': { type: 'boolean', says: 'leave out the line with the names of the columns' },
  socket: {
    type: 'string',
    value: 'PATH',
    says: 'where the agent answers (/run/hostler/control.sock, or $HOSTLER_SOCKET)',
  },
  config: { type: 'string', value: 'DIR', says: 'the configuration (/etc/hostler)' },
  run: { type: 'string', value: 'DIR', says: 'where sockets and the state of this boot are kept (/run/hostler)' },
  state: { type: 'string', value: 'DIR', says: 'where what must survive a boot is kept (/var/lib/hostler)' },
  follow: { type: 'boolean', short: 'f', says: 'stay, and print further events as they happen; Ctrl-C ends it with 0' },
  since: {
    type: 'string',
    value: 'TIME',
    says: 'only events from then on: 30s, 10m, 2h, 1d ago, or 2026-01-31T12:00Z',
  },
  watch: {
    type: 'string',
    value: 'SECONDS',
    otherwise: '2',
    says: 'stay, and show it anew every SECONDS (2); Ctrl-C ends it with 0',
  },
  hits: { type: 'boolean', says: 'only what was hit, or is held to half of its limit or more' },
  budget: {
    type: 'string',
    value: 'SECONDS',
    with: 'shutdown',
    says: 'what the shutdown has, besides what the host waits',
  },
  'exit-code': { type: 'boolean', says: 'end with 3 when there is something to do' },
  force: { type: 'boolean', says: 'lower a limit of memory although the kernel kills until it fits, this time alone' },
  timeout: {
    type: 'string',
    short: 't',
    value: 'SECONDS',
    says: 'how long a stop has until it is killed, or a start to be ready, instead of what its file says (60)',
  },
  kill: { type: 'boolean', short: 'k', says: 'kill it at once, without asking it to halt' },
  all: {
    type: 'boolean',
    namesGuests: true,
    says: 'every guest that runs; of start: every one that starts with the host',
  },
  mark: {
    type: 'string',
    value: 'MARK',
    namesGuests: true,
    says: 'every one with this mark (start.marks of its file)',
  },
  number: { type: 'string', short: 'n', value: 'N', says: 'among how many equal guests' },
  name: { type: 'string', value: 'NAME', says: 'how the policy is called (one-of-N)' },
  to: { type: 'string', value: 'DIR', says: 'write the files there, such as into /etc/hostler' },
  once: { type: 'boolean', says: 'end by itself when everything was shown, with 0 or 1' },
  quiet: { type: 'boolean', short: 'q', says: 'say nothing on standard error but failures' },
  'no-color': { type: 'boolean', says: 'no colours; $NO_COLOR and a pipe mean the same' },
  help: { type: 'boolean', short: 'h', says: 'help on this command' },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionTable;

export type Options = {
  readonly [Name in OptionName]?: ((typeof optionTable)[Name]['type'] extends 'string' ? string : boolean) | undefined;
};

/** What every command takes. */
export const commonOptions: readonly OptionName[] = ['quiet', 'no-color', 'help'];

export function optionSpec(name: OptionName): OptionSpec {
  return optionTable[name];
}

export function isOption(name: string): name is OptionName {
  return Object.hasOwn(optionTable, name);
}
