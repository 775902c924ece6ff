/** What is to be known of one kind of failure besides the case at hand. */
export interface FailureKind {
  readonly severity: 'info' | 'warning' | 'error';
  /** `event`: nothing helps but a change of the world. `back-off`: again, later and later. */
  readonly retry: 'never' | 'event' | 'back-off';
  /** Exit code of a command that ends with it. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 65 | 77;
  /** 128 bits, for journald's MESSAGE_ID. */
  readonly messageId: string;
  readonly says: string;
  readonly remedy: string;
}
