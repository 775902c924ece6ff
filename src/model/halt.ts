/** The kinds of init whose ways to halt are known. `plain`: a process without a handler for any signal. */
export const INIT_KINDS = ['systemd', 'sysvinit', 'busybox', 'openrc', 'runit', 's6', 'finit', 'plain'] as const;
export type InitKind = (typeof INIT_KINDS)[number];

/** One way to ask an init to halt. */
export type HaltWay =
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'initctl'; readonly level: number }
  /** The files that runit looks at, and SIGCONT. */
  | { readonly kind: 'runit' }
  | { readonly kind: 'command'; readonly words: readonly string[] };

/** What a file of a guest says of its halt: which init it has, or the way itself. */
export type HaltChoice =
  | { readonly kind: 'init'; readonly init: InitKind }
  | Exclude<HaltWay, { readonly kind: 'runit' }>;
