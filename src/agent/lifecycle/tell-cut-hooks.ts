import { cutHooks } from '../../lifecycle/cut-hooks.ts';
import type { ObservedStop } from '../../lifecycle/phases.ts';
import { printable } from '../../model/printable.ts';
import type { StopState } from '../../model/stop.ts';
import type { World } from '../world.ts';

/** Programs before the halt that it does not wait for any longer. */
export function tellCutHooks(
  { report, ports: { clock } }: World,
  guest: string,
  before: StopState,
  after: StopState,
  observed: ObservedStop,
): void {
  const now = clock.sinceBoot();
  for (const { hook, runs } of cutHooks(before, after, observed, now)) {
    const what = runs ? 'still runs' : 'was not run';
    const seconds = Math.round((now - after.askedAt) / 1000);
    const why = after.hostEndsAt === undefined ? 'a longer stop.timeout would do' : 'the host waits no longer';
    const detail = `${printable(hook.words.join(' '))}: ${what} after ${seconds} s, and the rest of the time is for the halt; ${why}`;
    report.refusal({ code: 'E_STOP', subject: guest, detail }, { guest });
  }
}
