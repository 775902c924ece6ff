import { commandFailures } from './command-failures.ts';
import type { FailureKind } from './failure-kind.ts';
import { lifecycleKinds } from './lifecycle-failures.ts';
import { limitKinds } from './limit-failures.ts';
import { permissionKinds } from './permission-failures.ts';
import { shellWord } from './shell-word.ts';
import { watchKinds } from './watch-failures.ts';

/**
 * The one catalogue of everything that can be refused or go wrong: its code, how bad it is, whether trying again can help,
 * and what to do about it. No message is written elsewhere.
 */
const kinds = {
  ...commandFailures,
  ...limitKinds,
  ...lifecycleKinds,
  ...permissionKinds,
  ...watchKinds,
  E_AMBIGUOUS: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b301',
    says: 'several devices match where one is wanted: {detail}',
    remedy: 'tell them apart by serial or port, or write "take: all"',
  },
  E_CONFLICT: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b302',
    says: '{detail}',
    remedy: 'let only one rule give this device or path, or narrow its match',
  },
  E_HELD: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b352',
    says: 'cannot be given yet: {detail}',
    remedy: 'it is given when that guest has let go; end what holds it there, or write "unplug: term" in the rule',
  },
  W_SLOT: {
    severity: 'info',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b350',
    says: '{detail}',
    remedy: 'nothing to do: in a second the ordinary choice is made',
  },
  W_DEVICE_FLAPS: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b351',
    says: '{detail}; not given until it is calm',
    remedy: 'look at its cable, power and port; hostler.yaml says what is too often ("damping")',
  },
  E_INCOMPLETE: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b358',
    says: '{detail}',
    remedy: 'mend what is told of that, or let the rule match less of the device',
  },
  W_UNSETTLED: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b359',
    says: '{detail}',
    remedy: 'what comes later is added; udevadm info and the kernel log say what the device lacks',
  },
  E_PATH_ESCAPE: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b303',
    says: 'symbolic link in a guest path refused',
    remedy: 'remove the link inside the guest',
  },
  E_NODE_FOREIGN: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b304',
    says: '{detail} is in the way and was not made by hostler; it is not touched',
    remedy: 'remove it inside the guest, or give the rule another node.path',
  },
  E_NAME_UNKNOWN: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b305',
    says: '{detail} is not in the guest',
    remedy: 'add it inside the guest, or state a number or another name in the rule',
  },
  E_FIGHT: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b306',
    says: 'changed again after {detail} corrections; left alone for now',
    remedy: 'stop what changes it inside the guest (often its own udev), or take the value out of the rule',
  },
  E_GUEST_SUSPECT: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b308',
    says: 'did not let one step finish in 5 s; its worker was killed',
    remedy: 'look for a file system in the guest that does not answer (FUSE, NFS)',
  },
  E_ACTION: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b309',
    says: '{detail}',
    remedy: "it is tried again; if it stays, the kernel's reason above says where to look",
  },
  E_REQUIRED: {
    severity: 'error',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b30a',
    says: 'may not start: {detail}',
    remedy: 'plug the device in, or write "when: optional" in the rule',
  },
  W_NO_HOOK: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b341',
    says: 'started without asking, although a rule says "when: {detail}"',
    remedy: 'write lxc.hook.start-host = /usr/lib/hostler/hostler-hook into its configuration',
  },
  W_WHEN_LXC: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b370',
    says: 'has started, and nobody was asked, although a rule says "when: {detail}": only LXC asks',
    remedy: 'leave "when" out of the rule; its unit may wait for a .device unit of systemd instead',
  },
  W_RESTART: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b342',
    says: '{detail}',
    remedy: 'systemctl restart hostler; guests notice nothing',
  },
  W_UNTOLD: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b343',
    says: 'could not be told of a device: {detail}',
    remedy: 'look at /run/udev inside the guest, or write "tell: false" in the rule',
  },
  W_UDEV_SHARED: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b344',
    says: "its /run/udev is the host's own: it hears of its devices, and the host's database is left alone",
    remedy: 'give the guest a /run/udev of its own, or write "tell: false" in the rule',
  },
  W_HOLDER: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b30c',
    says: '{detail} still holds a device that is gone',
    remedy: 'end or restart that program inside the guest',
  },
  W_HOLDER_UNKNOWN: {
    severity: 'warning',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b371',
    says: 'cannot be seen who still holds it: {detail}',
    remedy: "it is tried again, and nobody else is given it until then; the kernel's reason says what is short",
  },
  W_UEVENT_REFUSED: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b30d',
    says: '{detail}; ignored',
    remedy: 'find out what sends uevents on this host and stop it',
  },
  W_UDEV_ABSENT: {
    severity: 'warning',
    retry: 'event',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b30e',
    says: "udevd does not run; the kernel's events are used, without udev's links, properties and permissions",
    remedy: 'start udevd',
  },
  W_STATE_BAD: {
    severity: 'warning',
    retry: 'never',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b30f',
    says: 'cannot be used: {detail}; rebuilt from what is there',
    remedy: 'nothing to do; if it happens again, look at the disk',
  },
  E_STATE_WRITE: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b310',
    says: 'cannot be written: {detail}; working from memory',
    remedy: 'make room or make it writable',
  },
  E_CONFIG: {
    severity: 'error',
    retry: 'event',
    exit: 65,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b311',
    says: '{detail}',
    remedy:
      'hostler check names every problem with its place; until it is mended the last good configuration stays in force',
  },
  E_EXECUTOR: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b317',
    says: 'the executor ended: {detail}',
    remedy:
      "it is started again; systemctl status hostler-executor.socket and journalctl -u 'hostler-executor@*' say more (in a checkout: npm run build)",
  },
  W_METRICS: {
    severity: 'warning',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3b9',
    says: 'metrics cannot be read there: {detail}',
    remedy: 'end what has that port (ss -ltnp), or write another metrics.listen into hostler.yaml; it is tried again',
  },
  E_CLAIMED: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b3ba',
    says: 'another agent of this host governs it: {detail}',
    remedy: 'stop that agent, or let each have guests of its own: another lxcPath, other rules and policies',
  },
  E_RUN_FOLDER: {
    severity: 'error',
    retry: 'back-off',
    exit: 1,
    messageId: '7d0a8c0f6f1e4b0c9a5f1c52d8e7b31a',
    says: 'cannot be used: {detail}',
    remedy: 'stop the other agent, mend the folder, or name another with --run',
  },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof kinds;
export const failures: Readonly<Record<FailureCode, FailureKind>> = kinds;

/** A wish that could not be met. `subject` is what it is about, `web1:/dev/scanner`; `detail` fills the catalogue's sentence and remedy. */
export interface Refusal {
  readonly code: FailureCode;
  readonly subject: string;
  readonly detail?: string;
  /** The rule whose wish it was, where it was one rule's. */
  readonly rule?: string;
}

/** `E_PATH_ESCAPE web1:/dev: symbolic link in a guest path refused; remove the link inside the guest` */
export function failureText(refusal: Refusal): string {
  return `${refusal.code} ${failureSentence(refusal)}`;
}

/** The same without its code, for what shows that elsewhere. */
export function failureSentence({ code, subject, detail = '' }: Refusal): string {
  const { says, remedy } = failures[code];
  // Whom a remedy names is named in a command.
  return `${subject}: ${filled(says, { subject, detail })}; ${filled(remedy, { subject: shellWord(subject), detail })}`;
}

function filled(text: string, told: Readonly<Record<'subject' | 'detail', string>>): string {
  return text.replaceAll(/\{(subject|detail)\}/g, (_, name: keyof typeof told) => told[name]);
}
