import { markNameProblem } from '../../config/entry-name.ts';
import type { Item, Verdict } from '../item.ts';
import { decide, guestKey, none, taken, type Verdicts } from '../verdict.ts';
import type { Values } from './values.ts';

/** apps/init/: when a guest is started, after whom, and how long its stop may take. */
export function startVerdicts(values: Values): Verdicts {
  const mark = values.first('apps/init/mark');
  const timeout = values.first('apps/init/sync-timeout', 'sync-timeout');
  const style = values.first('apps/init/style');
  return new Map<Item, Verdict>([
    ...(mark === undefined ? [] : [[mark, markVerdict(mark.value)] as const]),
    ...values.all('apps/init/depends').map((item) => [item, dependVerdict(item.value)] as const),
    ...(timeout === undefined ? [] : [[timeout, timeoutVerdict(timeout.value)] as const]),
    ...(style === undefined ? [] : [[style, styleVerdict(style.value)] as const]),
    ...values.all('apps/init/killseq').map((item) => [item, decide(KILLS)] as const),
  ]);
}

const KILLS =
  'hostler asks the init in the way that it understands, and kills at the end of stop.timeout alone; write that, and stop.halt with a signal where it must be another one';

// The mark of a guest whose file names none.
const USUAL_MARK = 'default';

function markVerdict(mark: string): Verdict {
  const problem = markNameProblem(mark);
  if (problem !== undefined) return decide(problem);
  if (mark === USUAL_MARK) return taken('started with the host', guestKey('start.auto', true));
  return taken(
    'started with its mark, hostler start --mark; write auto: true where a script of the host did that',
    guestKey('start.marks', [mark]),
  );
}

function dependVerdict(guest: string): Verdict {
  return taken('started after it, and stopped before it', guestKey('start.after', [guest]));
}

function timeoutVerdict(seconds: string): Verdict {
  if (!/^[1-9]\d{0,5}$/.test(seconds)) return decide(`${JSON.stringify(seconds)} is no number of seconds`);
  const text = `${seconds}s`;
  return taken(
    'seconds, of the start and of the stop',
    guestKey('start.timeout', text),
    guestKey('stop.timeout', text),
  );
}

function styleVerdict(style: string): Verdict {
  return none(
    `${style === '' ? 'nothing' : style}: how it is halted is found by looking at its init; stop.halt says it`,
  );
}
