import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { Config } from '../../../src/model/config.ts';
import type { ShutdownLimit } from '../../../src/model/shutdown.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

/** Of the service that waits for all guests. */
export const OURS: ShutdownLimit = { name: 'TimeoutStopSec', ms: 1_500_000, ends: 'guests', isOurs: true };

/** A host whose guests halt when the test says so. */
export async function staged(limits: readonly ShutdownLimit[] = [OURS], guests: Config['guests'] = []) {
  const machine = new Machine();
  machine.shutdownLimits = limits;
  for (const guest of ['web1', 'web2']) machine.start(guest);
  machine.onHalt = () => {};
  machine.guests.set('cold', undefined);
  machine.guests.set('idle', undefined);
  const config = { ...configOf(), guests };
  const store = memoryStore();
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await atRest();
  const says = (state: 'begins' | 'withdrawn') => made.agent.handle({ kind: 'shutdown', state });
  const asked = (what: string) => machine.asked.filter((line) => line.includes(what)).length;
  return { ...made, store, says, asked };
}

export const startsAfter = (guest: string, ...after: readonly string[]) => ({
  guest,
  start: { ...USUAL_START, after },
});
