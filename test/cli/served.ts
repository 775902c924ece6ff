import { afterEach } from 'vitest';
import type { AgentControl } from '../../src/ports/agent.ts';
import { agentValue } from '../control/agent-value.ts';
import { type Served, serveBehindDoor } from '../control/front-door.ts';
import { type Ended, hostler } from './hostler.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

/** Where such an agent answers until the test ends. */
export async function served(replaced: Partial<AgentControl> = {}): Promise<string> {
  const one = await serveBehindDoor(agentValue(replaced));
  open.push(one);
  return one.door;
}

/** The command's end against such an agent. */
export async function askAgent(args: readonly string[], replaced: Partial<AgentControl> = {}): Promise<Ended> {
  return hostler([...args, '--socket', await served(replaced)]);
}
