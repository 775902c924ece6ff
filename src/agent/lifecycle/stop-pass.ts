import { isHurried } from '../../lifecycle/cut-hooks.ts';
import { comesNoMore, goOnAfterReboot, isOver, planStop, type StopPlan, takesDevices } from '../../lifecycle/stop.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import { ranMs } from '../../model/ran-ms.ts';
import type { StopAction, StopState } from '../../model/stop.ts';
import type { Failed } from '../../ports/executor.ts';
import { claimedBy } from '../failed.ts';
import { noteStops } from '../stopping.ts';
import type { World } from '../world.ts';
import { rememberEvidence, rememberStop } from './histories.ts';
import { serviceOf, stopKeeperOf } from './keepers.ts';
import { initRuns, observeStop } from './observe-stop.ts';
import { performStop } from './perform-stop.ts';
import { actionText, phaseText } from './stop-text.ts';
import type { StoppingGuest } from './stopping-guest.ts';
import { tellCutHooks } from './tell-cut-hooks.ts';
import { tellEnd } from './tell-end.ts';
import { within } from './within.ts';

/** A step that nobody answers for holds up none of the next ones. */
const STEP_MS = 3000;

/** One look at a guest that is being stopped, and what follows from it. Answers when to look again, in monotonic milliseconds. */
export async function stopPass(
  world: World,
  guest: string,
  stopping: StoppingGuest,
  again: () => void,
): Promise<number | undefined> {
  const { clock } = world.ports;
  follow(world, guest, stopping);
  const { cgroupId, ...observed } = await hearAndObserve(world, guest, stopping);
  if (stopping.isForgotten) return undefined;
  stopping.isSeen ||= observed.initRuns;
  const before = stopping.state;
  const plan = planStop({ ...before, cgroupId: before.cgroupId || (cgroupId ?? '') }, observed, clock.sinceBoot());
  stopping.state = isHurried(before, plan.state, observed) ? { ...plan.state, isUnprepared: true } : plan.state;
  keepStop(world, guest, stopping);
  if (takesDevices(plan.state) && !takesDevices(before)) world.queue.add(guest);
  tellCutHooks(world, guest, before, plan.state, observed);
  tell(world, guest, before, plan);
  for (const action of plan.actions) await perform(world, guest, stopping, action, again);
  if (isOver(plan.state) && plan.state.phase !== before.phase) over(world, guest, stopping, before);
  return plan.wakeAt === undefined ? undefined : clock.now() + Math.max(0, plan.wakeAt - clock.sinceBoot());
}

/** Whoever takes the stop up knows of everything that may have been done. */
export function keepStop({ ports, report }: World, guest: string, { state, told }: StoppingGuest): void {
  for (const refusal of ports.store.saveStop(guest, state)) tellOnce(report.refusal, guest, told, refusal);
}

// The one that its own monitor has started is the same guest; one that somebody else has is none of this stop's.
function follow(world: World, guest: string, stopping: StoppingGuest): void {
  const { ports, records, report } = world;
  const { state } = stopping;
  const instance = records.get(guest)?.guest.instance;
  if (instance === undefined || state.keeper === undefined || initRuns(world, guest, state)) return;
  if (state.phase === 'wedged') return; // nobody waits for it any more: somebody else has started it
  if (stopKeeperOf(world, guest, instance, state.keeper) !== state.keeper) return;
  if (comesNoMore(state, ports.clock.sinceBoot()) && isSomebodysStart(world, guest, instance)) return;
  stopping.state = goOnAfterReboot(state, instance, ports.clock.sinceBoot());
  stopping.isHeard = false;
  stopping.isPopulated = false;
  stopping.isAsking = false;
  stopping.isTaken = false;
  report.fact({ kind: 'stop', guest, action: 'reboot', says: `${guest}: came up again instead of halting` });
  noteStops(world); // its end was asked for, too
}

// A monitor of LXC starts it again alone; a service is the same one also when somebody starts it by hand.
function isSomebodysStart(world: World, guest: string, instance: GuestInstance): boolean {
  const service = serviceOf(world, guest, instance);
  return service !== undefined && !world.lives.exits.hasComeByReboot(service);
}

// Both at once where init is there: a guest that is to halt waits for every answer.
async function hearAndObserve(world: World, guest: string, stopping: StoppingGuest) {
  const heard = hearEnd(world, guest, stopping);
  if (!initRuns(world, guest, stopping.state)) await heard;
  const [observed] = await Promise.all([observeStop(world, guest, stopping), heard]);
  const ran = ranMs(stopping.state.of, world.ports.clock.uptime());
  return { ...observed, ranMs: ran, isPopulated: observed.initRuns || stopping.isPopulated };
}

// Asked of an executor that waits for nothing of the guest's. It tells of the cgroup what a later step needs, whatever the guest does.
async function hearEnd({ ports: { life, clock } }: World, guest: string, stopping: StoppingGuest): Promise<void> {
  const { of, cgroupId } = stopping.state;
  if (stopping.isHeard || stopping.state.phase === 'stopped') return;
  const heard = await within(clock, STEP_MS, life.watchEnd(guest, of, cgroupId));
  if (stopping.state.of !== of || !heard?.ok) return;
  stopping.isHeard = true;
  stopping.state = { ...stopping.state, cgroupId: stopping.state.cgroupId || heard.value };
}

function over(world: World, guest: string, stopping: StoppingGuest, before: StopState): void {
  const { state } = stopping;
  if (state.phase === 'stopped') rememberStop(world, guest, stopping);
  if (before.phase !== 'wedged') rememberEvidence(world, guest, state);
  tellEnd(world, guest, state, before);
}

function tell({ report }: World, guest: string, before: StopState, { state, actions }: StopPlan): void {
  const says = (action: string, text: string | undefined) => {
    if (text !== undefined) report.fact({ kind: 'stop', guest, action, says: `${guest}: ${text}` });
  };
  const isEntered = state.phase !== before.phase && !isOver(state);
  if (isEntered) says(state.phase, phaseText(state, state.phase));
  for (const action of actions) says(state.phase, actionText(state, action));
}

async function perform(
  world: World,
  guest: string,
  stopping: StoppingGuest,
  action: StopAction,
  again: () => void,
): Promise<void> {
  const asked = performStop(world, guest, stopping, action, again).then((answer) => {
    if (!answer.ok) failed(world, guest, stopping, action.verb, answer.failed);
  });
  // What kills has a bound of its own, and nothing comes after it but a look at what is left.
  await (action.verb === 'kill' ? asked : within(world.ports.clock, STEP_MS, asked));
}

function failed({ report }: World, guest: string, { told }: StoppingGuest, verb: string, failure: Failed): void {
  if (failure.call === 'guest' || failure.call === 'executor') return; // it has ended, or is looked at again
  const detail = `${verb}: ${failure.call} ${failure.errno}${failure.subject === '' ? '' : ` ${failure.subject}`}`;
  tellOnce(report.refusal, guest, told, claimedBy(guest, failure) ?? { code: 'E_STOP', subject: guest, detail });
}

function tellOnce(report: World['report']['refusal'], guest: string, told: Set<string>, refusal: Refusal): void {
  const text = JSON.stringify(refusal);
  if (!told.has(text)) report(refusal, { guest });
  told.add(text);
}
