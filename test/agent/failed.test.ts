import { expect, test } from 'vitest';
import { refusalOf } from '../../src/agent/failed.ts';
import { failureText } from '../../src/model/failure.ts';

const node = {
  verb: 'make-node',
  path: '/dev/bus/usb',
  number: 'c:189:4',
  ownership: { mode: 0o660, uid: 0, gid: 0 },
} as const;

test.each([
  [
    'a symbolic link in the way',
    { errno: 'ELOOP', call: 'openat2', subject: 'dev' },
    'E_PATH_ESCAPE web1:/dev/bus/usb: symbolic link in a guest path refused; remove the link inside the guest',
  ],
  [
    'a way out of the guest',
    { errno: 'EXDEV', call: 'openat2', subject: 'dev' },
    'E_PATH_ESCAPE web1:/dev/bus/usb: symbolic link in a guest path refused; remove the link inside the guest',
  ],
  [
    "the host's own /dev bound over it",
    { errno: 'EXDEV', call: 'host', subject: 'dev/bus/usb' },
    "E_NODE_FOREIGN web1:/dev/bus/usb: the host's own /dev is in the way and was not made by hostler; it is not touched; remove it inside the guest, or give the rule another node.path",
  ],
  [
    'a worker that did not come back',
    { errno: 'ETIMEDOUT', call: 'deadline', subject: 'web1' },
    'E_GUEST_SUSPECT web1:/dev/bus/usb: did not let one step finish in 5 s; its worker was killed; look for a file system in the guest that does not answer (FUSE, NFS)',
  ],
  [
    "somebody's device program in the place of hostler's",
    { errno: 'EPERM', call: 'program', subject: '/lxc/web1' },
    "E_PROGRAM_LOST web1:/dev/bus/usb: somebody else's device program is attached to its cgroup and hostler's is not: make-node: program EPERM /lxc/web1; it may open whatever that one does not deny, and nothing is granted or taken back; find its owner (bpftool cgroup show, bpftool prog show id), and detach it there, or let it attach with BPF_F_ALLOW_MULTI; hostler also has to know what its configuration allows (lxc.cgroup2.devices)",
  ],
  [
    "somebody's device program",
    { errno: 'EBUSY', call: 'program-held', subject: '77' },
    "E_PROGRAM_HELD web1:/dev/bus/usb: somebody else's device program is attached to its cgroup, and may not or cannot be replaced: program 77; nothing is granted; find its owner (bpftool cgroup show, bpftool prog show id), and detach it there, or let it attach with BPF_F_ALLOW_MULTI",
  ],
  [
    'a full device program',
    { errno: 'E2BIG', call: 'entries', subject: '/lxc/web1' },
    'E_GRANTS_FULL web1:/dev/bus/usb: may open more device numbers than its device program can hold, which is 1,024: make-node: entries E2BIG /lxc/web1; nothing is added; let its rules give it fewer devices, or allow whole majors in its configuration (lxc.cgroup2.devices.allow)',
  ],
  [
    'another agent',
    { errno: 'EBUSY', call: 'claimed', subject: '4242' },
    'E_CLAIMED web1: another agent of this host governs it: process 4242; stop that agent, or let each have guests of its own: another lxcPath, other rules and policies',
  ],
  [
    'a full file system',
    { errno: 'ENOSPC', call: 'mknodat', subject: 'dev/bus/usb' },
    "E_ACTION web1:/dev/bus/usb: make-node: mknodat ENOSPC dev/bus/usb; it is tried again; if it stays, the kernel's reason above says where to look",
  ],
])('%s is told with its path and what to do', (_what, failed, text) => {
  const refusal = refusalOf('web1', node, failed);
  expect(refusal && failureText(refusal)).toBe(text);
});

test.each([
  ['the guest ended', { errno: 'ESRCH', call: 'guest', subject: 'web1' }],
  ['the device is gone', { errno: 'ENODEV', call: 'sysfs', subject: 'c:189:4' }],
  ['an earlier step failed', { errno: 'ECANCELED', call: 'plan', subject: '4.1' }],
  ['the executor ended', { errno: 'EPIPE', call: 'executor', subject: '' }],
])('that %s is no refusal: an event tells of it', (_what, failed) => {
  expect(refusalOf('web1', node, failed)).toBeUndefined();
});
