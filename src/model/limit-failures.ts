import type { FailureKind } from './failure-kind.ts';

/** The part of the catalogue about what guests may use. */
export const limitKinds = {
  E_LIMIT: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b380',
    says: 'the kernel does not take a limit: {detail}',
    remedy:
      'it is tried again; a limit of a cgroup above, or a cgroup file system that is mounted read-only, is the usual reason',
  },
  W_ALERT_SINK: {
    severity: 'warning',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b391',
    says: 'does not take alerts: {detail}',
    remedy: 'it is tried again for an hour, then kept in undelivered-alerts.jsonl; hostler alerts test tries it now',
  },
  W_KERNEL_LOG: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3a8',
    says: 'the kernel does not say whom it kills: {detail}',
    remedy:
      'let hostler read /dev/kmsg (CAP_SYSLOG, kernel.dmesg_restrict); until then kills are told without names, and on cgroup v1 those in cgroups of a guest are not counted',
  },
  W_LIMIT_ABSENT: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b381',
    says: 'this host cannot hold a part of the policy: {detail}',
    remedy:
      'leave it out of the policy, or let the kernel have that controller (its command line, cgroup.subtree_control)',
  },
  W_LIMIT_DISK: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b385',
    says: 'a disk of its policy is not limited: {detail}',
    remedy: 'plug it in, or write a name of a whole disk into the policy (hostler devices shows them); the rest holds',
  },
  E_LIMIT_IN_USE: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b382',
    says: 'its limit is not lowered, which would kill: {detail}',
    remedy: 'make the guest use less, or write a limit above what it has; it is tried again',
  },
  W_LIMIT_OPEN: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b386',
    says: 'is mounted without nsdelegate: root of a guest may write its own limits, which are then written again',
    remedy: 'mount -o remount,nsdelegate /sys/fs/cgroup, as systemd does at boot',
  },
  W_LIMIT_OTHER: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b384',
    says: 'the kernel made something else of a limit: {detail}',
    remedy: 'write into the policy what it can hold',
  },
  E_LIMIT_FIGHT: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b383',
    says: 'somebody else writes its limits again and again: {detail}; left alone for now',
    remedy: 'find the other writer (systemctl set-property, another agent) and leave the limits to one of them',
  },
  E_GUARANTEE: {
    severity: 'error',
    retry: 'event',
    exit: 65,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3a0',
    says: 'a guarantee does not fit this host: {detail}',
    remedy: 'lower it in a policy, leave it out of one, or give fewer guests such a policy',
  },
  W_LIMIT_ABOVE_HOST: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3a1',
    says: '{detail}',
    remedy: 'the host comes to its end before the guest does; write less than the host has',
  },
  W_OVERCOMMIT: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3a2',
    says: '{detail}',
    remedy: 'right where they do not need it all at once, else lower some; hostler validate has all sums',
  },
} as const satisfies Readonly<Record<string, FailureKind>>;
