import { failures, type Refusal } from '../model/failure.ts';
import type { AgentControl, Caller, GuestView, PlanView, StatusView } from '../ports/agent.ts';
import { planView } from './plan-view.ts';
import { reload, restartNeeded } from './reload.ts';
import { forgetSight } from './sight.ts';
import { version } from './version.ts';
import { deviceViews, whyView } from './why.ts';
import type { GuestRecord, World } from './world.ts';

/** What the command and the page ask, answered from what the agent holds. */
export function agentControl(world: World): AgentControl {
  const since = world.ports.clock.calendar();
  const selected = (name: string | undefined) =>
    [...world.records.values()].filter(({ guest }) => name === undefined || guest.name === name);
  return {
    status: () => statusView(world, since),
    guests: () => selected(undefined).map((record) => guestView(world, record)),
    guest: (name) => selected(name).map((record) => guestView(world, record))[0],
    devices: (guest) => deviceViews(world, guest),
    limits: (guest) => selected(guest).map((record) => world.limiter.view(record.guest.name)),
    why: (device) => whyView(world, device),
    plan: (guest) => Promise.all(selected(guest).map((record) => planView(world, record))),
    apply: (guest, caller) => applyNow(world, selected(guest), caller),
    reload(caller) {
      audit(world, caller, 'reload');
      return reload(world);
    },
    alerts: () => world.alerts.view(),
    testAlerts(sink, caller) {
      audit(world, caller, 'alerts test');
      return world.alerts.test(sink);
    },
    events: (after) => world.report.history.after(after),
    follow: (listener) => world.report.history.follow(listener),
  };
}

function statusView(world: World, since: string): StatusView {
  const guests = [...world.records.values()].map((record) => guestView(world, record));
  const running = guests.filter(({ state }) => state !== 'stopped');
  return {
    version,
    pid: process.pid,
    since,
    ready: world.ready,
    converged: isConverged(world),
    guests: {
      running: running.length,
      stopped: guests.length - running.length,
      failing: guests.filter(({ refusals }) => refusals.some(isError)).length,
    },
    nodes: guests.reduce((sum, { nodes }) => sum + nodes.length, 0),
    devices: world.inventory.size,
    rules: world.config.rules.length,
    udev: world.udev,
    config: { folder: world.ports.configuration.folder, loaded: world.loadedAt, problems: world.problems },
    watching: world.deaf === undefined,
    warnings: warnings(world),
    counters: world.counters.all(),
  };
}

function isConverged(world: World): boolean {
  if (world.problems.length > 0) return false; // what the configuration on disk asks for is not in force
  if (!world.queue.isIdle() || !world.limiter.isIdle()) return false;
  return [...world.records.values()].every((record) => !refusalsOf(world, record).some(isError));
}

function isError({ code }: Refusal): boolean {
  return failures[code].severity === 'error';
}

function warnings(world: World): readonly Refusal[] {
  const { folder } = world.ports.configuration;
  const own: Refusal[] = [];
  if (world.udev === 'absent') own.push({ code: 'W_UDEV_ABSENT', subject: 'udevd' });
  if (world.config.settings.lxcPath !== world.settings.lxcPath) own.push(restartNeeded(world));
  if (world.deaf !== undefined) own.push({ code: 'E_WATCH', subject: folder, detail: world.deaf });
  own.push(...world.unheard);
  if (world.unsaved !== undefined) own.push(world.unsaved);
  own.push(...world.alerts.warnings());
  return [...own, ...[...world.records.values()].flatMap((record) => refusalsOf(world, record))];
}

function refusalsOf({ limiter }: World, { guest, refusals }: GuestRecord): readonly Refusal[] {
  return [...refusals, ...limiter.refusals(guest.name)];
}

function guestView(world: World, record: GuestRecord): GuestView {
  const { guest, opened, ledger, lastPass } = record;
  const refusals = refusalsOf(world, record);
  const running = guest.instance !== undefined;
  return {
    ...guest,
    state: running ? (record.suspect ? 'suspect' : 'running') : 'stopped',
    converged: !refusals.some(isError) && world.queue.isRested(guest.name),
    ...(opened && { policy: opened.policy }),
    nodes: running ? ledger.nodes : [],
    refusals,
    ...(lastPass && { lastPass }),
  };
}

// Nothing waits for its next try: somebody asked. What is no longer planned afterwards was done.
async function applyNow(world: World, records: readonly GuestRecord[], caller: Caller): Promise<readonly PlanView[]> {
  audit(world, caller, 'apply');
  for (const record of records) {
    record.blocked = [];
    record.retry = undefined;
    forgetSight(record);
  }
  const before = await Promise.all(records.map((record) => planView(world, record)));
  for (const { guest } of records) {
    world.queue.add(guest.name);
    world.limiter.look(guest.name);
  }
  await Promise.all(records.flatMap(({ guest: { name } }) => [world.queue.passed(name), world.limiter.passed(name)]));
  const after = await Promise.all(records.map((record) => planView(world, record)));
  return before.map((view, at) => ({ ...view, ...doneSince(view, after[at] ?? view) }));
}

function doneSince(before: PlanView, after: PlanView): Pick<PlanView, 'actions' | 'limits' | 'refusals'> {
  return {
    actions: notIn(before.actions, after.actions),
    limits: notIn(before.limits, after.limits),
    refusals: after.refusals,
  };
}

function notIn<T>(values: readonly T[], others: readonly T[]): readonly T[] {
  const left = new Set(others.map((value) => JSON.stringify(value)));
  return values.filter((value) => !left.has(JSON.stringify(value)));
}

function audit({ report }: World, { uid, pid }: Caller, command: string): void {
  report.fact({ kind: 'command', action: command, says: `${command} asked by uid ${uid} (process ${pid})` });
}
