import { markNameProblem } from '../../config/entry-name.ts';
import type { Meaning } from '../cgroup/meaning.ts';
import type { Verdict } from '../item.ts';
import { decide, guestKey, none, taken, type Verdicts } from '../verdict.ts';
import { signalNumber } from './signal-number.ts';

type VerdictOf = (value: string, groups: readonly string[]) => Verdict;

const VERDICTS: ReadonlyMap<string, VerdictOf> = new Map<string, VerdictOf>([
  ['lxc.start.auto', auto],
  ['lxc.start.delay', delay],
  ['lxc.start.order', order],
  ['lxc.group', group],
  ['lxc.signal.halt', halt],
  ['lxc.signal.stop', () => none('what is left at the end of stop.timeout is killed by its cgroup')],
  ['lxc.signal.reboot', () => none('a restart is a stop and a start')],
]);

/** Start with the host, groups, and the signal that halts. */
export function startVerdicts(lines: readonly Meaning[]): Verdicts {
  const groups = lines.flatMap(({ item, name }) => (name === 'lxc.group' ? wordsOf(item.value) : []));
  return new Map(
    lines.flatMap(({ item, name }) => {
      const verdict = VERDICTS.get(name)?.(item.value, groups);
      return verdict === undefined ? [] : [[item, verdict] as const];
    }),
  );
}

function auto(value: string, groups: readonly string[]): Verdict {
  if (value === '0' || value === '') return taken('not started with the host, as anyhow');
  if (value !== '1') return decide('is neither 0 nor 1');
  if (groups.length > 0 && !groups.includes(BOOT_GROUP)) return decide(notAtBoot(groups));
  return taken(
    'started with the host; write 0 in the configuration of LXC, or lxc.service does so, too',
    guestKey('start.auto', true),
  );
}

/** What Debian's lxc.service starts, and those without a group: BOOTGROUPS="onboot,". */
const BOOT_GROUP = 'onboot';

function notAtBoot(groups: readonly string[]): string {
  return `its group is ${groups.join(', ')}, of which lxc.service starts nobody with the host unless /etc/default/lxc names it in BOOTGROUPS; write start.auto: true where it does`;
}

function delay(value: string): Verdict {
  if (value === '0') return taken('nothing waits, as anyhow');
  if (!/^[1-9]\d{0,5}$/.test(value)) return decide('is no number of seconds');
  return taken('seconds, which those wait that are started after it', guestKey('start.ready.delay', `${value}s`));
}

function order(value: string): Verdict {
  if (value === '0' || value === '') return taken('no order, as anyhow');
  return decide(`an order without reasons (${value}): write start.after with the guests that it needs`);
}

function group(value: string): Verdict {
  const marks = wordsOf(value);
  const [problem] = marks.flatMap((mark) => markNameProblem(mark) ?? []);
  return problem === undefined ? taken('a mark', guestKey('start.marks', marks)) : decide(problem);
}

function wordsOf(value: string): readonly string[] {
  return value.split(/[ \t]+/).filter((word) => word !== '');
}

function halt(value: string): Verdict {
  const signal = signalNumber(value);
  if (signal === undefined) return decide('is no signal');
  return taken(
    `${value} is ${signal}; without it hostler looks what its init is`,
    guestKey('stop.halt.signal', signal),
  );
}
