import { markNameProblem } from '../../config/entry-name.ts';
import { ALONE, NOT_WITH_HOST, orderVerdict, type Place, placeOf, type Turn, withOrder } from '../boot-order.ts';
import type { Meaning } from '../cgroup/meaning.ts';
import type { Verdict } from '../item.ts';
import { decide, guestKey, none, taken, type Verdicts } from '../verdict.ts';
import { signalNumber } from './signal-number.ts';
import { groupsOf, isAtBoot, isAuto, orderOf, wordsOf } from './turns.ts';

interface Said {
  readonly lines: readonly Meaning[];
  /** Undefined: not started with the host, or nobody says an order. */
  readonly place: Place | undefined;
  readonly turns: readonly Turn[];
  readonly isAlone: boolean;
}
type VerdictOf = (value: string, said: Said) => Verdict;

const VERDICTS: ReadonlyMap<string, VerdictOf> = new Map<string, VerdictOf>([
  ['lxc.start.auto', auto],
  ['lxc.start.delay', delay],
  ['lxc.start.order', order],
  ['lxc.group', group],
  ['lxc.signal.halt', halt],
  ['lxc.signal.stop', () => none('what is left at the end of stop.timeout is killed by its cgroup')],
  ['lxc.signal.reboot', () => none('a restart is a stop and a start')],
]);

/** Start with the host and in which turn, groups, and the signal that halts. */
export function startVerdicts(
  guest: string,
  lines: readonly Meaning[],
  turns: readonly Turn[],
  isAlone: boolean,
): Verdicts {
  const said = { lines, place: placeOf(guest, turns), turns, isAlone };
  return new Map(
    lines.flatMap(({ item, name }) => {
      const verdict = VERDICTS.get(name)?.(item.value, said);
      return verdict === undefined ? [] : [[item, verdict] as const];
    }),
  );
}

function auto(value: string, { lines, place }: Said): Verdict {
  if (value === '0' || value === '') return taken('not started with the host, as anyhow');
  if (value !== '1') return decide('is neither 0 nor 1');
  if (!isAtBoot(lines)) return decide(notAtBoot(groupsOf(lines)));
  const started = taken(
    'started with the host; write 0 in the configuration of LXC, or lxc.service does so, too',
    guestKey('start.auto', true),
  );
  const saysOrder = lines.some(({ item, name }) => name === 'lxc.start.order' && item.value !== '');
  return place === undefined || saysOrder ? started : withOrder(started, place);
}

function notAtBoot(groups: readonly string[]): string {
  return `its group is ${groups.join(', ')}, of which lxc.service starts nobody with the host unless /etc/default/lxc names it in BOOTGROUPS; write start.auto: true where it does`;
}

function delay(value: string): Verdict {
  if (value === '0') return taken('nothing waits, as anyhow');
  if (!/^[1-9]\d{0,5}$/.test(value)) return decide('is no number of seconds');
  return taken('seconds, which those wait that are started after it', guestKey('start.ready.delay', `${value}s`));
}

function order(_: string, { lines, place, turns, isAlone }: Said): Verdict {
  const said = orderOf(lines);
  if (said === undefined) return decide('is no whole number');
  if (said === 0 && turns.length === 0) return taken('no order, as anyhow');
  if (isAlone) return ALONE;
  if (place !== undefined) return orderVerdict(place);
  if (!isAuto(lines)) return NOT_WITH_HOST;
  return decide('the order in a group that lxc.service leaves alone; write start.after with the guests that it needs');
}

function group(value: string): Verdict {
  const marks = wordsOf(value);
  const [problem] = marks.flatMap((mark) => markNameProblem(mark) ?? []);
  return problem === undefined ? taken('a mark', guestKey('start.marks', marks)) : decide(problem);
}

function halt(value: string): Verdict {
  const signal = signalNumber(value);
  if (signal === undefined) return decide('is no signal');
  return taken(
    `${value} is ${signal}; without it hostler looks what its init is`,
    guestKey('stop.halt.signal', signal),
  );
}
