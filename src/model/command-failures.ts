import type { FailureKind } from './failure-kind.ts';

/** What a command may end with that is about the command itself. */
export const commandFailures = {
  E_NO_GUEST: {
    severity: 'error',
    retry: 'never',
    exit: 4,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b312',
    says: 'no such guest',
    remedy: 'hostler list shows the guests of this host',
  },
  E_NO_DEVICE: {
    severity: 'error',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b313',
    says: 'no such device',
    remedy: 'hostler devices shows them; a /dev path, a /sys path, c:MAJOR:MINOR or a port is understood',
  },
  E_NO_SINK: {
    severity: 'error',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b390',
    says: 'no such sink of alerts',
    remedy: 'hostler alerts shows them; its name or a kind (alertmanager, webhook, command, mail) is understood',
  },
  E_UNREACHABLE: {
    severity: 'error',
    retry: 'never',
    exit: 5,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b314',
    says: 'the agent does not answer: {detail}',
    remedy: 'start it (systemctl start hostler, or hostler agent)',
  },
  E_NOT_PERMITTED: {
    severity: 'error',
    retry: 'never',
    exit: 77,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b315',
    says: '{detail}',
    remedy: 'run it as root',
  },
  E_TOO_MANY: {
    severity: 'error',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3a3',
    says: 'so many guests find no room on this host: {detail}',
    remedy: 'split it among fewer, or give it more memory or swap',
  },
  E_USAGE: {
    severity: 'error',
    retry: 'never',
    exit: 2,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b316',
    says: '{detail}',
    remedy: 'hostler help COMMAND tells more',
  },
  E_OUTPUT: {
    severity: 'error',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b319',
    says: 'cannot be written: {detail}',
    remedy: 'make room, or write it elsewhere',
  },
} as const satisfies Record<string, FailureKind>;
