import type { AgentControl, PlanView } from '../ports/agent.ts';
import { audit } from './audit.ts';
import { lifeControl } from './lifecycle/control.ts';
import { createList } from './list.ts';
import { createScrape } from './metrics/scrape.ts';
import { planView } from './plan-view.ts';
import { reload } from './reload.ts';
import { forgetSight } from './sight.ts';
import { guestViews, statusView, wholeGuestView } from './status-view.ts';
import { deviceViews, whyView } from './why.ts';
import type { GuestRecord, World } from './world.ts';

/** What the command and the page ask, answered from what the agent holds. */
export function agentControl(world: World): AgentControl {
  const since = world.ports.clock.calendar();
  const selected = (name: string | undefined) =>
    [...world.records.values()].filter(({ guest }) => name === undefined || guest.name === name);
  return {
    status: () => statusView(world, since),
    guests: () => guestViews(world),
    list: createList(world, () => guestViews(world)),
    guest: (name) => selected(name).map((record) => wholeGuestView(world, record))[0],
    devices: (guest) => deviceViews(world, guest),
    limits: (guest) => selected(guest).map((record) => world.limiter.view(record.guest.name)),
    why: (device) => whyView(world, device),
    plan: (guest) => Promise.all(selected(guest).map((record) => planView(world, record))),
    apply(guest, caller) {
      audit(world, caller, 'apply');
      return applyNow(world, selected(guest), limitSoftly);
    },
    applyByForce(guest, caller) {
      audit(world, caller, `apply ${guest} --force`);
      return applyNow(world, selected(guest), ({ limiter }, name) => limiter.force(name));
    },
    ...lifeControl(world),
    async planShutdown(budgetMs) {
      await world.goingDown.look();
      return world.goingDown.view(budgetMs);
    },
    reload(caller) {
      audit(world, caller, 'reload');
      return reload(world);
    },
    ...createScrape(world, since),
    alerts: () => world.alerts.view(),
    testAlerts(sink, caller) {
      audit(world, caller, 'alerts test');
      return world.alerts.test(sink);
    },
    events: (after) => world.report.history.after(after),
    follow: (listener) => world.report.history.follow(listener),
  };
}

// Nothing waits for its next try: somebody asked. What is no longer planned afterwards was done.
async function applyNow(
  world: World,
  records: readonly GuestRecord[],
  limit: (world: World, name: string) => Promise<void>,
): Promise<readonly PlanView[]> {
  for (const record of records) {
    record.blocked = [];
    record.retry = undefined;
    forgetSight(record);
  }
  const before = await Promise.all(records.map((record) => planView(world, record)));
  for (const { guest } of records) world.queue.add(guest.name);
  const limited = records.map(({ guest: { name } }) => limit(world, name));
  await Promise.all([...limited, ...records.map(({ guest: { name } }) => world.queue.passed(name))]);
  const after = await Promise.all(records.map((record) => planView(world, record)));
  return before.map((view, at) => ({ ...view, ...doneSince(view, after[at] ?? view) }));
}

function limitSoftly({ limiter }: World, name: string): Promise<void> {
  limiter.look(name);
  return limiter.passed(name);
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
