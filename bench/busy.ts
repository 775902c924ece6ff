import { setTimeout as pause } from 'node:timers/promises';
import type { TestAgent } from '../test/scenarios/test-agent.ts';
import { cpuNs, descendants } from './process.ts';

/** What nobody has done anything for a while has been seen to its end. */
const CALM_MS = 2000;

/** What an act, and what follows on it, costs of CPU. */
export async function busy<T>(agent: TestAgent, act: () => Promise<T>) {
  const [pid = 0, executor = 0] = [agent.pid(), ...descendants(agent.pid())];
  const before = [cpuNs(pid), cpuNs(executor)];
  const done = await act();
  await pause(CALM_MS);
  const [agentUs = 0, executorUs = 0] = [cpuNs(pid), cpuNs(executor)].map(
    (now, at) => (now - (before[at] ?? 0)) / 1000,
  );
  return { done, agentUs, executorUs };
}
