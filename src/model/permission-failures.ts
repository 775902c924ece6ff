import type { FailureKind } from './failure-kind.ts';

/** The part of the catalogue about who decides what a guest may open, and about who a guest is. */
export const permissionKinds = {
  E_GRANT_REFUSED: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b307',
    says: 'the guest may not open it although it was granted: {detail}; its node is not there until it may',
    remedy:
      'look for a narrower device policy on a parent cgroup, and for a second device program on its own (bpftool cgroup show)',
  },
  E_POLICY_FOREIGN: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b340',
    says: "its device program is the runtime's, and what it and its configuration allow could not be read; nothing is changed",
    remedy: "make the guest's configuration readable, with its lxc.cgroup2.devices lines",
  },
  W_OPEN_POLICY: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b30b',
    says: 'has no device policy: it may open every device whatever the rules say',
    remedy: 'write "devices: confined" in its guest file, or lxc.cgroup.devices.deny = a in its configuration',
  },
  E_DRIFT: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b360',
    says: "the runtime's own device program came back beside hostler's after {detail} repairs; left alone for now",
    remedy: 'find what runs lxc-cgroup or lxc-device for this guest, and write what it allows into a rule',
  },
  W_DRIFT: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b366',
    says: "the runtime's own device program came back beside hostler's and was taken off; what it allowed or denied stays",
    remedy:
      'write it into a rule: LXC 5 refuses a second change by lxc-cgroup or lxc-device until the guest starts again',
  },
  W_PROGRAM_LOST: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b367',
    says: "somebody took hostler's device program off and it could open whatever no other denies; it is back, with what the configuration allows",
    remedy:
      'find who did it; a guest that is to open everything needs a configuration without lxc.cgroup2.devices lines',
  },
  E_PROGRAM_FOUGHT: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b374',
    says: "somebody took hostler's device program off again after {detail} repairs; left alone for now, it may open whatever no other program denies",
    remedy:
      'find who does it and stop that; a guest that is to open everything needs a configuration without lxc.cgroup2.devices lines',
  },
  E_PROGRAM_LOST: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b373',
    says: "somebody else's device program is attached to its cgroup and hostler's is not: {detail}; it may open whatever that one does not deny, and nothing is granted or taken back",
    remedy:
      'find its owner (bpftool cgroup show, bpftool prog show id), and detach it there, or let it attach with BPF_F_ALLOW_MULTI; hostler also has to know what its configuration allows (lxc.cgroup2.devices)',
  },
  E_PROGRAM_HELD: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b362',
    says: "somebody else's device program is attached to its cgroup, and may not or cannot be replaced: {detail}; nothing is granted",
    remedy:
      'find its owner (bpftool cgroup show, bpftool prog show id), and detach it there, or let it attach with BPF_F_ALLOW_MULTI',
  },
  E_GRANTS_FULL: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b372',
    says: 'may open more device numbers than its device program can hold, which is 1,024: {detail}; nothing is added',
    remedy:
      'let its rules give it fewer devices, or allow whole majors in its configuration (lxc.cgroup2.devices.allow)',
  },
  E_SYSTEMD: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b363',
    says: 'systemd did not say or did not change what the unit of this guest may open: {detail}; what goes is taken away, nothing is added',
    remedy: 'it is tried again; systemctl status of the unit, and systemctl show -p DeviceAllow, say more',
  },
  E_UNIT_POLICY: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b364',
    says: '{detail} has no device policy of its own, and a cgroup above it has one',
    remedy: 'allow the device in the slice above it, or write DevicePolicy=closed into the unit',
  },
  E_NAME_TWICE: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b365',
    says: 'is the name of a guest of {detail}: nobody can say which one a rule means, and neither gets anything',
    remedy: 'give one of them another name',
  },
} as const satisfies Record<string, FailureKind>;
