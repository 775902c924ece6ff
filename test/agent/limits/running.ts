import type { Policy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

/** An agent with these policies, after its first passes. */
export async function running(machine: Machine, store = memoryStore(), ...policies: readonly Policy[]): Promise<Stage> {
  const config = { ...configOf(), policies };
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  await atRest();
  return made;
}

/** A host with the guest web1. */
export function withGuest(): Machine {
  const machine = new Machine();
  machine.start('web1');
  return machine;
}
