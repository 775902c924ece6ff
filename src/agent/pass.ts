import { isDeepStrictEqual } from 'node:util';
import { type Desire, desireGuest } from '../devices/desire.ts';
import { isPlugged } from '../devices/identity.ts';
import { intent, performed } from '../devices/ledger.ts';
import { planGuest } from '../devices/plan.ts';
import { startCondition } from '../devices/required.ts';
import { heldSoftly, keptUntilEnd } from '../devices/until-halt.ts';
import type { Action } from '../model/action.ts';
import { failures, type Refusal } from '../model/failure.ts';
import type { DevicePolicy, Guest } from '../model/guest.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { Plan } from '../model/plan.ts';
import type { Answer, Failed } from '../ports/executor.ts';
import { backoffMs, nextRetry } from './backoff.ts';
import { blockAfter, withoutBlocked } from './blocked.ts';
import { withoutDenied } from './denied.ts';
import { earliest } from './earliest.ts';
import { isNotOpen, refusalOf } from './failed.ts';
import { forgetGrants, goOnWithout } from './grants.ts';
import { handOver, isDue, isTakenMeanwhile, mayStillAsk, wakeWaiting } from './handover.ts';
import { forgetHidden } from './hidden.ts';
import { observeGuest } from './observe.ts';
import { openGuest } from './open.ts';
import { perform } from './perform.ts';
import { reportPass } from './report-pass.ts';
import { withoutUnsettled } from './settling.ts';
import { forgetSight } from './sight.ts';
import { takeBackLeft } from './take-back.ts';
import { lookAgain } from './uevents.ts';
import { isGivenUp, mutedNow, stillUntold, tellAgainAt, toldNow, untoldAfter } from './untold.ts';
import { doubtGrants, verifyGrants } from './verify.ts';
import { watchGuest } from './watch.ts';
import { forgetStart, type GuestRecord, type World } from './world.ts';

/** Looks at a guest that has an init, and no root or no users of its own yet: 5 ms, 10 ms, ... about ten seconds in all. */
const LOOKS_FOR_ROOT = 11;

/** One run of observe, plan, apply, report for one guest. Answers when to look again, in monotonic milliseconds. */
export async function pass(world: World, name: string): Promise<number | undefined> {
  const record = world.records.get(name);
  if (record === undefined) return undefined;
  if (record.guest.instance === undefined) {
    forgetStart(record); // also what a pass that was under way has learned since
    wakeWaiting(world, record);
    return takeBackLeft(world, record);
  }
  world.counters.add('passes_total');
  const hiddenUntil = await forgetHidden(world, record);
  const planned = await planNow(world, record);
  if (isForgotten(world, record)) return undefined;
  if (!planned.ok) return notOpened(world, record, planned.failed);
  if (isTakenMeanwhile(world, record, planned.value)) {
    world.queue.add(name);
    return undefined;
  }
  const { blocked, ledger } = record;
  const failed = await applyPlan(world, record, planned.value);
  wakeWaiting(world, record, ledger);
  // What stood behind it in the plan is still to do; and a guest whose worker died in the middle is watched by nobody.
  if (record.blocked !== blocked || record.opened === undefined) world.queue.add(name);
  return earliest(hiddenUntil, settle(world, record, planned.value, failed));
}

/** What a pass would do now. What it sees and begins to wait for is kept in the record; in the guest nothing is changed. */
export async function planNow(world: World, record: GuestRecord): Promise<Answer<Plan>> {
  const opened = await openGuest(world, record);
  if (!opened.ok) return opened;
  const now = world.ports.clock.now();
  record.blocked = record.blocked.filter(({ until }) => until > now);
  const { nodes: wished, refusals, tells } = wishOf(world, record.guest);
  const isHalting = world.stops.takesDevices(record.guest.name);
  const wanted = isHalting ? keptUntilEnd(wished) : wished;
  const settled = withoutUnsettled(world, record, wanted);
  const handed = handOver(world, record, settled.nodes);
  const free = withoutBlocked(record.guest.name, handed.nodes, record.blocked);
  const { nodes, withheld, refusals: denied } = withoutDenied(record, free.nodes);
  const [unheard, observed] = await Promise.all([watchGuest(world, record, nodes), observeGuest(world, record, nodes)]);
  if (!observed.ok) return observed;
  notePolicy(record, observed.value.policy);
  const plan = planGuest({
    guest: record.guest.name,
    desired: nodes,
    withheld,
    observed: observed.value,
    ledger: isHalting ? heldSoftly(record.ledger, wanted) : record.ledger,
    memory: record.memory,
    confine: isConfined(world, record.guest.name),
    tells,
    muted: mutedNow(record, now),
    plugged: (device) => isPlugged(world.inventory, device),
    now,
  });
  record.untold = stillUntold(record.untold, plan);
  const waiting = [...record.blocked, ...mutedNow(record, now).values()].map(({ refusal }) => refusal);
  const blocked = [...waiting, ...free.refusals, ...denied, ...startedUnasked(world, record)];
  return {
    ok: true,
    value: {
      ...plan,
      ...wakingAt([plan.wakeAt, settled.wakeAt, observed.value.staleAt].reduce(earliest)),
      refusals: [...refusals, ...settled.refusals, ...handed.refusals, ...plan.refusals, ...blocked, ...unheard],
    },
  };
}

function wakingAt(wakeAt: number | undefined): Pick<Plan, 'wakeAt'> {
  return wakeAt === undefined ? {} : { wakeAt };
}

function wishOf({ assignment }: World, { name, runtime, alsoOf }: Guest): Desire {
  const wish = desireGuest(assignment, name);
  if (alsoOf === undefined) return wish;
  const detail = `${runtime} and one of ${alsoOf}`;
  return { ...wish, nodes: [], refusals: [{ code: 'E_NAME_TWICE', subject: name, detail }] };
}

function notePolicy(record: GuestRecord, policy: DevicePolicy): void {
  if (record.opened !== undefined) record.opened = { ...record.opened, policy };
}

// The ledger is written before anything is made: whoever comes after a crash finds no unknown thing in a guest.
async function applyPlan(world: World, record: GuestRecord, plan: Plan): Promise<readonly Refusal[]> {
  const { executor, store } = world.ports;
  const { name } = record.guest;
  const forgotten = keepMemory(world, record, plan.memory);
  if (plan.actions.length === 0) {
    const unsaved = keepLedger(world, record, plan.after);
    return [...forgotten, ...unsaved, ...(await verifyGrants(world, record))];
  }
  const before = record.ledger;
  record.intent = intent(before, plan);
  store.saveLedger(name, { ...record.intent, isUnderWay: true });
  forgetSight(record);
  forgetGrants(record, plan.actions);
  const answers = await perform(executor, name, plan.actions);
  forgetGrants(record, plan.actions);
  const steps = plan.actions.filter((_, step) => answers[step]?.ok);
  world.counters.add('actions_failed_total', answers.filter(({ ok }) => !ok).length);
  const unsaved = keepLedger(world, record, performed(before, plan, steps));
  if (steps.some(isConfining)) noteConfined(world, record);
  reportPass(world, record, plan, steps);
  record.untold = toldNow(record.untold, steps);
  const first = answers.findIndex(({ ok }) => !ok);
  const failed = answers.flatMap((answer, step) =>
    answer.ok ? [] : stepFailed(world, record, plan.actions[step], answer.failed, step === first),
  );
  return [...forgotten, ...unsaved, ...failed];
}

// Its grants came all at once, and what came back beside them may come back once more.
function noteConfined({ counters, queue }: World, record: GuestRecord): void {
  if (record.opened?.policy === 'drifted') counters.add('drift_repaired_total');
  notePolicy(record, 'confined');
  doubtGrants(record);
  queue.add(record.guest.name);
}

function isConfining({ verb }: Action): boolean {
  return verb === 'confine' || verb === 'adopt-program' || verb === 'join-program';
}

function stepFailed(world: World, record: GuestRecord, action: Action | undefined, failed: Failed, isFirst: boolean) {
  if (isNotOpen(failed)) record.opened = undefined;
  goOnWithout(world, record, failed);
  if (failed.call === 'diskseq') lookAgain(world, failed.subject);
  if (failed.call === 'drift') world.queue.add(record.guest.name);
  const refusal = refusalOf(record.guest.name, action, failed);
  if (refusal === undefined) return [];
  if (refusal.code === 'E_CLAIMED') return [refusal]; // no step's own fault
  const now = world.ports.clock.now();
  // Of those that a worker took along with it, only the first was its end.
  if (isFirst || refusal.code === 'W_UNTOLD' || refusal.code === 'W_UDEV_SHARED')
    record.untold = untoldAfter(record, action, failed, now);
  if (isGivenUp(record, action)) world.queue.add(record.guest.name);
  const until = nextRetry(record.retry, now).at;
  const added = blockAfter(action, refusal, until);
  if (added.length > 0) record.blocked = [...record.blocked, ...added];
  return [refusal];
}

/** Between its clone and its own root and users a guest cannot be entered, and no event tells when it can. */
function notOpened(world: World, record: GuestRecord, failed: Failed): number | undefined {
  if (isNotOpen(failed)) record.opened = undefined;
  const refusal = refusalOf(record.guest.name, undefined, failed) ?? stillOutside(record, failed);
  const wakeAt = settle(world, record, undefined, refusal === undefined ? [] : [refusal]);
  if (refusal !== undefined || failed.call !== 'guest') return wakeAt;
  record.looks += 1;
  return world.ports.clock.now() + backoffMs(record.looks) / 10;
}

function stillOutside({ guest, looks }: GuestRecord, { call }: Failed): Refusal | undefined {
  if (call !== 'guest' || looks < LOOKS_FOR_ROOT) return undefined;
  return { code: 'E_ACTION', subject: guest.name, detail: 'its init runs, and has no root or no users of its own yet' };
}

/** Memory goes to the disk itself, and that takes its time. */
const MEMORY_REST_MS = 1000;

function isOnDisk({ memory, memoryOnDisk }: GuestRecord): boolean {
  return isDeepStrictEqual(memory, memoryOnDisk);
}

function keepMemory({ ports: { store, clock } }: World, record: GuestRecord, memory: Memory): readonly Refusal[] {
  record.memory = memory;
  const now = clock.now();
  if (isOnDisk(record) || now < record.memoryDue) return [];
  record.memoryDue = now + MEMORY_REST_MS;
  const refusals = store.saveMemory(record.guest.name, memory);
  if (refusals.length === 0) record.memoryOnDisk = memory;
  return refusals;
}

function keepLedger(world: World, record: GuestRecord, ledger: GuestLedger): readonly Refusal[] {
  const { store } = world.ports;
  record.ledger = ledger;
  record.intent = undefined;
  return isForgotten(world, record) ? [] : store.saveLedger(record.guest.name, ledger);
}

// Its ledger may be removed by now, or that of another guest of its name.
function isForgotten({ records }: World, record: GuestRecord): boolean {
  return records.get(record.guest.name) !== record;
}

function settle(
  world: World,
  record: GuestRecord,
  plan: Plan | undefined,
  failed: readonly Refusal[],
): number | undefined {
  const now = world.ports.clock.now();
  const refusals = [...(plan?.refusals ?? []), ...failed, ...world.ports.store.takeRefusals()];
  record.refusals = refusals;
  reportNew(
    world,
    record,
    refusals.filter((refusal) => isDue(record, refusal, now)),
  );
  record.lastPass = world.ports.clock.calendar();
  record.retry = refusals.some(({ code }) => failures[code].retry === 'back-off')
    ? nextRetry(record.retry, now)
    : undefined;
  const isUntold =
    unaskedCondition(world, record) !== undefined || refusals.some(({ code }) => code === 'W_OPEN_POLICY');
  const mayAskUntil = isUntold && mayStillAsk(record, now) ? record.mayAskUntil : undefined;
  const memoryDue = isOnDisk(record) ? undefined : record.memoryDue;
  return [record.retry?.at, plan?.wakeAt, mayAskUntil, memoryDue, tellAgainAt(record, now)].reduce(earliest);
}

// A refusal that stays is told once, not at every try.
function reportNew(world: World, record: GuestRecord, now: readonly Refusal[]): void {
  const known = new Set(record.told.map((refusal) => JSON.stringify(refusal)));
  record.told = now;
  for (const refusal of now) {
    if (!known.has(JSON.stringify(refusal))) world.report.refusal(refusal, { guest: record.guest.name });
  }
}

function isConfined({ config }: World, name: string): boolean {
  return config.guests.some(({ guest, devices }) => guest === name && devices === 'confined');
}

function startedUnasked(world: World, record: GuestRecord): readonly Refusal[] {
  const condition = unaskedCondition(world, record);
  if (condition === undefined || mayStillAsk(record, world.ports.clock.now())) return [];
  const { name, runtime } = record.guest;
  return [{ code: runtime === 'lxc' ? 'W_NO_HOOK' : 'W_WHEN_LXC', subject: name, detail: condition }];
}

function unaskedCondition({ config }: World, { guest, start }: GuestRecord) {
  return start === 'unasked' ? startCondition(config.rules, guest.name) : undefined;
}
