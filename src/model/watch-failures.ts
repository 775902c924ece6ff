import type { FailureKind } from './failure-kind.ts';

/** The part of the catalogue about what is looked into, and listened to. */
export const watchKinds = {
  E_WATCH: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b318',
    says: 'changes are not heard: {detail}',
    remedy: 'raise fs.inotify.max_user_instances and max_user_watches; hostler reload and hostler apply work meanwhile',
  },
  W_FOLDER: {
    severity: 'warning',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3da',
    says: 'nothing in it is known: {detail}',
    remedy:
      'make or mount that folder, or name the right one (lxcPath in hostler.yaml, --config); it is looked for again',
  },
} as const satisfies Record<string, FailureKind>;
