import type { Action } from '../model/action.ts';
import type { Plan } from '../model/plan.ts';
import { actionText } from '../report/action-text.ts';
import type { GuestRecord, World } from './world.ts';

/** One fact a pass that changed something: which steps were done. */
export function reportPass(world: World, record: GuestRecord, plan: Plan, steps: readonly Action[]): void {
  world.counters.add('actions_total', steps.length);
  for (const step of steps) if (step.verb === 'grant') record.unverified.add(`${step.number} ${step.access}`);
  const about = aboutPlan(steps, plan);
  if (steps.length === 0) return;
  const guest = record.guest.name;
  world.report.fact({ kind: 'action', guest, ...about, says: `${guest}: ${steps.map(actionText).join(', ')}` });
}

// A fact names a rule and a device only when the whole pass was about that one.
function aboutPlan(steps: readonly Action[], plan: Plan) {
  const paths = new Set(steps.flatMap((step) => ('path' in step ? [step.path] : [])));
  const nodes = plan.after.nodes.filter(({ path }) => paths.has(path));
  const [node] = nodes;
  const verbs = new Set(steps.map(({ verb }) => verb));
  return {
    ...(nodes.length === 1 && node && { rule: node.rule, device: node.device }),
    action: [...verbs].join(' '),
  };
}
