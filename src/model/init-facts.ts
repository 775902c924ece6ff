/** What can be seen of a guest's init from outside. It chose the names itself, and may change any of it at any time. */
export interface InitFacts {
  /** Where the link of its program leads, inside. */
  readonly exe: string;
  readonly comm: string;
  /** Signals, the first one in the lowest bit. */
  readonly blocked: bigint;
  readonly ignored: bigint;
  readonly caught: bigint;
  /** Those that it waits for in this moment; absent: it does not wait for signals. */
  readonly waited?: bigint;
  /** Somebody made the pipe of sysvinit. */
  readonly hasInitctl: boolean;
}
