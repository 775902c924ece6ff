import { keptBlockers, withWaits } from '../../lifecycle/blockers.ts';
import { waysOf } from '../../lifecycle/halt-ways.ts';
import type { HaltWay } from '../../model/halt.ts';
import { printable } from '../../model/printable.ts';
import type { Moment, StopAction, StopState } from '../../model/stop.ts';
import type { Answer } from '../../ports/executor.ts';
import type { Life } from '../../ports/life.ts';
import type { World } from '../world.ts';
import type { StoppingGuest } from './stopping-guest.ts';
import { watchWaits } from './watch-waits.ts';
import { whyNotRun } from './why-not-run.ts';

/** One step of a stop. What takes its time is begun, and `again` is called at its end. Answers what was in the way. */
export async function performStop(
  world: World,
  guest: string,
  stopping: StoppingGuest,
  action: StopAction,
  again: () => void,
): Promise<Answer<unknown>> {
  const { life, cgroups, store } = world.ports;
  const { of } = stopping.state;
  switch (action.verb) {
    case 'hook':
      beginHook(world, guest, stopping, again);
      return DONE;
    case 'thaw':
      return cgroups.freeze(of, 0);
    case 'halt':
      return halt(world, guest, stopping, wayOf(stopping.state, action));
    case 'watch':
      return watchWaits(world, guest, stopping);
    case 'terminate':
      return life.terminate(of);
    case 'freeze':
      return cgroups.freeze(of, STILL_MS);
    case 'evidence':
      return look(life, stopping, action.of);
    case 'kill':
      return kill(life, stopping);
    case 'release':
      store.removeStop(guest);
      return DONE;
  }
}

/** Longer than it takes to look at it and to kill it; it goes on when nobody does. */
const STILL_MS = 10_000;

const DONE: Answer<undefined> = { ok: true, value: undefined };

export function wayOf({ settings }: StopState, { init, isNag }: Extract<StopAction, { verb: 'halt' }>): HaltWay {
  const { halt, nag } = waysOf(init, settings.halt);
  return isNag && nag !== undefined ? nag : halt;
}

async function look(life: Life, stopping: StoppingGuest, of: Moment): Promise<Answer<unknown>> {
  const { state } = stopping;
  const seen = await life.evidence(state.of, state.cgroupId);
  if (!seen.ok) return seen;
  const { named, count } = seen.value;
  const moving = stopping.seen.length === 0 ? (state.blockers ?? []) : stopping.seen;
  if (of === 'moving') stopping.seen = named;
  const shown = of === 'still' ? withWaits(named, moving) : named;
  stopping.state = { ...stopping.state, ...keptBlockers(state, { named: shown, count }) };
  if (of === 'left' && count === 0) stopping.isPopulated = false;
  return seen;
}

async function kill(life: Life, stopping: StoppingGuest): Promise<Answer<unknown>> {
  const { of, cgroupId } = stopping.state;
  const left = await life.kill(of, cgroupId);
  // What was refused is refused again: that it does not end is all there is to say.
  stopping.isKilled ||= left.ok || left.failed.call !== 'executor';
  if (left.ok && (left.value === 0 || !stopping.isHeard)) stopping.isPopulated = left.value > 0;
  return left;
}

// Nobody waits for it here: its time may be over before it ends.
function beginHook(world: World, guest: string, stopping: StoppingGuest, again: () => void): void {
  stopping.hookRuns = true;
  const { hooks } = stopping.state;
  void runHook(world, guest, stopping).then((end) => {
    if (end === 'lost') return; // whoever takes the stop up runs it again
    if (end !== 'well') failed(world, guest, stopping, end.wrong);
    if (stopping.state.hooks === hooks) stopping.hookRuns = false;
    again();
  });
}

function failed({ report }: World, guest: string, stopping: StoppingGuest, wrong: string): void {
  stopping.state = { ...stopping.state, isUnprepared: true };
  report.refusal({ code: 'E_STOP', subject: guest, detail: wrong }, { guest });
}

/** How a program ended; `lost`: nobody knows, as the executor that had begun it has ended. */
type HookEnd = 'well' | 'lost' | { readonly wrong: string };

async function runHook({ ports: { life } }: World, guest: string, { state }: StoppingGuest): Promise<HookEnd> {
  const hook = state.settings.before[state.hooks - 1];
  if (hook === undefined) return 'well';
  const seconds = Math.ceil(hook.timeoutMs / 1000);
  const name = printable(hook.words.join(' '));
  if (hook.where === 'host') {
    const wrong = await life.runOnHost(guest, seconds, hook.words);
    return wrong === undefined ? 'well' : { wrong: `${name}: ${wrong}` };
  }
  const ended = await life.run(state.of, seconds, hook.words);
  if (!ended.ok && ended.failed.call === 'executor') return 'lost';
  if (!ended.ok) return { wrong: `${name}: ${whyNotRun(ended.failed)}` };
  const { status, output } = ended.value;
  if (status === 0) return 'well';
  return { wrong: `${name}: ended with ${status}: ${printable(output.trim().slice(-200))}` };
}

async function halt(world: World, guest: string, stopping: StoppingGuest, way: HaltWay): Promise<Answer<unknown>> {
  const { of } = stopping.state;
  stopping.isAsking = true;
  stopping.isTaken = false;
  const asked = way.kind === 'command' ? runHalt(world, guest, stopping, way.words) : world.ports.life.halt(of, way);
  const heard = asked.then((answer) => {
    // One that has come up again has not heard what the start before it was told.
    if (stopping.state.of !== of) return answer;
    stopping.isAsking = false;
    stopping.isTaken = answer.ok;
    return answer;
  });
  return way.kind === 'command' ? DONE : heard;
}

/** What a program ends with that somebody has killed, as by the end of its guest. */
const KILLED = 128;

// It may go on for as long as the guest does.
async function runHalt(
  { ports: { life, clock }, report }: World,
  guest: string,
  { state, told }: StoppingGuest,
  words: readonly string[],
): Promise<Answer<unknown>> {
  const seconds = Math.max(1, Math.ceil((state.killAt - clock.sinceBoot()) / 1000));
  const ended = await life.run(state.of, seconds, words);
  if (!ended.ok && (ended.failed.call === 'guest' || ended.failed.call === 'executor')) return ended;
  if (ended.ok && (ended.value.status === 0 || ended.value.status >= KILLED)) return DONE;
  const why = ended.ok ? `ended with ${ended.value.status}` : whyNotRun(ended.failed);
  const detail = `${printable(words.join(' '))}: ${why}`;
  if (!told.has(detail)) report.refusal({ code: 'E_STOP', subject: guest, detail }, { guest });
  told.add(detail);
  return ended.ok ? { ok: false, failed: { call: 'run', errno: `${ended.value.status}`, subject: '' } } : ended;
}
