import { setTimeout as sleep } from 'node:timers/promises';
import { failureText } from '../../model/failure.ts';
import type { LimitsView } from '../../ports/limits-view.ts';
import { ask, target } from '../ask.ts';
import type { ExitCode, Invocation, Run } from '../command.ts';
import { hitsSince } from '../hits-since.ts';
import { limitCells, type NewHits } from '../limit-text.ts';
import { notable } from '../notable.ts';
import { columns } from '../table.ts';
import type { Line } from '../terminal.ts';

type Views = readonly LimitsView[];

export const limits: Run = (invocation) => {
  const { options, terminal } = invocation;
  if (options.watch === undefined) return once(invocation);
  const seconds = Number(options.watch);
  if (seconds >= SHORTEST && seconds <= LONGEST) return watch(invocation, seconds * 1000);
  const detail = `"${options.watch}" is no number of seconds from ${SHORTEST} to ${LONGEST}`;
  return Promise.resolve(terminal.fail({ code: 'E_USAGE', subject: '--watch', detail }));
};

const SHORTEST = 0.1;
const LONGEST = 86_400;

async function once(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const asked = await look(invocation);
  if (!asked.ok) return terminal.fail(asked.refusal);
  const found = shown(asked.value, invocation);
  if (options.json) {
    terminal.json(found);
    return 0;
  }
  terminal.print(...table(found, invocation));
  if (asked.value.length === 0) terminal.say('no guests on this host');
  else if (found.length === 0) terminal.say('nothing was hit, and nothing is near its limit');
  if (invocation.args.length > 0) for (const line of found.flatMap(keeper)) terminal.say(line);
  for (const text of new Set(found.flatMap(({ refusals }) => refusals.map(failureText)))) terminal.say(text);
  return 0;
}

function keeper({ guest, bucket }: LimitsView): readonly string[] {
  return bucket === undefined ? [] : [`${guest}: hostler itself keeps its bucket of CPU time: ${bucket}`];
}

/** Until Ctrl-C, or until the agent ends. */
async function watch(invocation: Invocation, everyMs: number): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const since = hitsSince();
  while (!interrupt.signal.aborted) {
    const asked = await look(invocation);
    if (interrupt.signal.aborted) return 0;
    if (!asked.ok) return terminal.fail(asked.refusal);
    since.look(asked.value);
    const found = shown(asked.value, invocation);
    if (options.json) terminal.json(found);
    else terminal.redraw(table(found, invocation, since.count));
    await sleep(everyMs, undefined, { signal: interrupt.signal }).catch(() => undefined);
  }
  return 0;
}

function look({ options, args: [guest] }: Invocation) {
  return ask<Views>(options, 'GET', target('/v1/limits', { guest }));
}

function shown(views: Views, { options }: Invocation): Views {
  return options.hits ? notable(views) : views;
}

const NAMES = ['GUEST', 'POLICY', 'RESOURCE', 'HELD', 'MAX HELD', 'BARRIER', 'LIMIT', 'HITS'];

function table(views: Views, { options }: Invocation, newHits?: NewHits): readonly Line[] {
  const names = options['no-legend'] ? [] : [...NAMES, ...(newHits ? ['NEW'] : [])];
  return columns(
    names,
    views.flatMap((view) => limitCells(view, newHits)),
  );
}
