import type { Item, Setting, Verdict } from '../item.ts';
import { decide, none, policyKey, taken, type Verdicts } from '../verdict.ts';
import { oldSchedule } from './old-schedule.ts';
import type { Values } from './values.ts';

/** Of the kernel, for what is not said: a tick is a millisecond. */
const DEFAULTS: Readonly<Record<string, number>> = {
  'fill-rate': 1,
  interval: 4,
  'tokens-min': 62,
  'tokens-max': 500,
  'fill-rate2': 1,
  interval2: 8,
};
const KEYS: Readonly<Record<string, string>> = {
  'fill-rate': 'cpu.bucket.rate',
  interval: 'cpu.bucket.interval',
  'tokens-min': 'cpu.bucket.threshold',
  'tokens-max': 'cpu.bucket.size',
  'fill-rate2': 'cpu.bucket.idle.rate',
  interval2: 'cpu.bucket.idle.interval',
};
const HZ = 1000;
const TICK = 'a tick is taken for 1ms (HZ=1000); write tick: 4ms where the kernel had HZ=250, 10ms for HZ=100';
const NOT_HELD =
  'the flag sched_hard is not set, so that VServer held nobody by it; with the bucket in a policy hostler would';

/** sched/: the token bucket; it holds a guest only with the flag sched_hard. */
export function schedulerVerdicts(values: Values): Verdicts {
  const flag = values.hasFlag('sched_hard');
  const old = values.all('schedule');
  if (old.length > 0 && values.below('sched').length === 0) return oldSchedule(old, flag);
  const items = values.below('sched');
  const isIdle = values.first('sched/idle-time') !== undefined;
  const size = Number(items.find((item) => nameOf(item) === 'tokens-max')?.value ?? DEFAULTS['tokens-max']) || HZ;
  const verdicts = items.map((item) => [item, verdictOf(item, { isHard: flag !== undefined, isIdle, size })] as const);
  const unused = old.map((item) => [item, none('sched/ is there, which util-vserver reads instead')] as const);
  return new Map([
    ...verdicts,
    ...unused,
    ...flagVerdict(flag, new Set(items.map(nameOf)), { isHard: true, isIdle, size }),
  ]);
}

function nameOf({ key }: Item): string {
  return key.slice('sched/'.length).replaceAll('_', '-');
}

interface Rest {
  readonly isHard: boolean;
  readonly isIdle: boolean;
  /** Tokens that the bucket holds. */
  readonly size: number;
}

function verdictOf(item: Item, rest: Rest): Verdict {
  const name = nameOf(item);
  if (/^\d+\//.test(name)) return decide('for one processor alone; hostler has the same bucket for all of them');
  if (name === 'tokens') return none('a bucket begins full');
  if (name === 'idle-time') return rest.isHard ? idle() : decide(NOT_HELD);
  if (/^prio(rity)?-bias$/.test(name)) return priority(item.value);
  if (name === 'force' || name === 'cpu-mask') return none('hostler has no such word; it is how VServer sets a bucket');
  const path = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
  if (path === undefined) return decide('no such parameter of the bucket is known');
  if (!/^\d{1,15}$/.test(item.value)) return decide(`${JSON.stringify(item.value)} is no whole number`);
  if (!rest.isHard) return decide(NOT_HELD);
  if (name.endsWith('2') && !rest.isIdle) return none('without idle-time VServer gave nothing by it');
  return bucketKey(name, path, Number(item.value), rest);
}

function bucketKey(name: string, path: string, value: number, { size }: Rest): Verdict {
  if (name === 'tokens-max' && value === 0)
    return taken(`none, for which VServer took HZ; ${TICK}`, policyKey(path, HZ));
  if (name === 'tokens-min' && value !== threshold(value, size)) {
    const says = `${threshold(value, size)}: at least 1, and less than the ${size} that the bucket holds`;
    return taken(says, policyKey(path, threshold(value, size)));
  }
  const how = name === 'tokens-max' ? `tokens; ${TICK}` : name.startsWith('interval') ? 'ticks' : 'tokens';
  return taken(how, policyKey(path, value));
}

// A guest that is held needs a token to go on, and room to run in.
function threshold(tokens: number, size: number): number {
  return Math.max(1, Math.min(tokens, size - 1));
}

function idle(): Verdict {
  return taken('what others leave idle is shared by fill-rate2 and interval2: cpu.bucket.idle');
}

function priority(value: string): Verdict {
  if (Number(value) === 0) return taken('no bias, as anyhow');
  return decide(
    'hostler has no priorities of processes; cpu.weight of the policy is a share among guests, usual is 100',
  );
}

/** The flag makes the guest stand still with an empty bucket, and brings what the kernel has for what is not said. */
function flagVerdict(flag: Item | undefined, said: ReadonlySet<string>, { isIdle, size }: Rest): Verdicts {
  if (flag === undefined) return new Map();
  const missing = Object.keys(KEYS).filter((name) => !said.has(name) && (isIdle || !name.endsWith('2')));
  const settings: readonly Setting[] = [
    policyKey('cpu.bucket.hold', 'strict'),
    policyKey('cpu.bucket.refill', 'lump'),
    policyKey('cpu.bucket.scope', 'cpu'),
    ...missing.map((name) => policyKey(KEYS[name] ?? '', defaultOf(name, size))),
  ];
  const defaults = missing.map((name) => `${name} ${defaultOf(name, size)}`).join(', ');
  const rest = missing.length > 0 ? `; VServer's own values for what is not said: ${defaults}` : '';
  return new Map([[flag, taken(`an empty bucket holds the guest, on each processor by itself${rest}`, ...settings)]]);
}

function defaultOf(name: string, size: number): number {
  const value = DEFAULTS[name] ?? 0;
  return name === 'tokens-min' ? threshold(value, size) : value;
}
