import type { FailureKind } from './failure-kind.ts';

/** What can go wrong when guests are started and stopped. */
export const lifecycleKinds = {
  E_STOP: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e1',
    says: 'a step of its stop failed: {detail}',
    remedy: 'the stop goes on with its next step; the deadline stays',
  },
  W_KILLED: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e2',
    says: 'did not halt in time and was killed{detail}',
    remedy: 'give it a longer stop.timeout, or say in stop.halt how it halts',
  },
  E_WEDGED: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e3',
    says: 'was killed, and the kernel does not let it end{detail}',
    remedy: 'look at the disk or file server that its processes wait for; it ends when that answers',
  },
  E_START: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e4',
    says: 'was not started: {detail}',
    remedy: 'mend what is said there, then hostler start',
  },
  W_LATE: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e5',
    says: 'is not ready after {detail}',
    remedy: 'look into the guest, or give it a longer start.timeout; it is looked at until it is ready',
  },
  W_HELD: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e6',
    says: 'is not started before {detail} is ready',
    remedy: 'help that one, or write "late: continue" into the start of its file',
  },
  W_LEFT: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3e8',
    says: 'its init had ended, and what was still in its cgroup was killed{detail}',
    remedy: 'let who works for it from outside end with it, or run in another cgroup',
  },
} as const satisfies Readonly<Record<string, FailureKind>>;
