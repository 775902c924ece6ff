import type { Caller } from '../ports/agent.ts';
import type { World } from './world.ts';

/** Who made the agent do what. */
export function audit({ report }: World, { uid, pid }: Caller, command: string): void {
  report.fact({ kind: 'command', action: command, says: `${command} asked by uid ${uid} (process ${pid})` });
}
