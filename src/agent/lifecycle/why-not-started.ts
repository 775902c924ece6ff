import { printable } from '../../model/printable.ts';
import { shellWord } from '../../model/shell-word.ts';
import type { Failed } from '../../ports/executor.ts';
import { IN_QUARANTINE } from './ask-to-start.ts';

/** What people are told when a guest was not begun, with the command that shows more; `lxcPath` is where LXC keeps it. */
export function whyNotStarted(guest: string, lxcPath: string, failed: Failed): string {
  return WORDS.get(failed.call)?.(failed, guest, lxcPath) ?? plain(failed);
}

type Words = (failed: Failed, guest: string, lxcPath: string) => string | undefined;

const BY_CALL: Readonly<Record<string, Words>> = {
  quarantine: () => IN_QUARANTINE,
  withdrawn: () => 'somebody has stopped it',
  guest: () => 'no guest of that name is on this host',
  result: ({ subject }) => {
    const [unit = '', result = ''] = printable(subject).split(' ');
    return `its unit ${unit} failed (${result}); journalctl -u ${unit} -n 20 says why`;
  },
  systemd: ({ errno, subject }) => {
    if (errno === 'ENOTSUP') return 'systemd starts guests of nspawn, and does not run here';
    if (errno === 'ETIMEDOUT') return 'systemd did not answer; systemctl status says whether it does now';
    return errno === 'EREMOTEIO' ? `systemd refused: ${printable(subject)}` : undefined;
  },
  'systemd-run': ({ subject }, guest) =>
    `${saidBy('systemd-run', subject)}; journalctl -u ${unitOf(guest)} -n 20 may say more`,
  'lxc-start': ({ subject }, guest, lxcPath) =>
    `${saidBy('lxc-start', subject)}; lxc-start -P ${shellWord(lxcPath)} -n ${shellWord(guest)} -F says more`,
  execve: ({ errno, subject }) => (errno === 'ENOENT' ? `there is no ${printable(subject)} on this host` : undefined),
};

// Others are escaped in it.
function unitOf(guest: string): string {
  return /^[A-Za-z0-9_.:-]+$/.test(guest) ? `hostler-lxc-${guest}.service` : "'hostler-lxc-*'";
}

const WORDS = new Map(Object.entries(BY_CALL));

function saidBy(program: string, line: string): string {
  return line === '' ? `${program} failed and said nothing` : `${program} says: ${printable(line)}`;
}

function plain({ errno, call, subject }: Failed): string {
  return `${call} ${errno}${subject === '' ? '' : ` ${printable(subject)}`}`;
}
