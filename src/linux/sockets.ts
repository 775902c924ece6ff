import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import type { Channel } from './channel.ts';

/** Sockets in the run folder: the door for people, the agent's own behind it, the hook's. */
export const socketPaths = { control: 'control.sock', agent: 'agent.sock', hook: 'hook.sock' } as const;

/** Whose members may use the control socket; without the group only root may. */
const CONTROL_GROUP = 'hostler';

/** Opens the sockets that the executor holds for the agent. Answers why one cannot be opened; an executor that ended tells so itself. */
export async function openSockets(channel: Channel, runFolder: string): Promise<Refusal | undefined> {
  const path = (name: string) => join(runFolder, name);
  const requests = [
    channel.request('hook-socket', path(socketPaths.hook)),
    channel.request('door', path(socketPaths.control), path(socketPaths.agent), String(groupId(CONTROL_GROUP))),
  ];
  for (const answer of await Promise.all(requests)) {
    if (answer.ok || answer.failed.call === 'executor') continue;
    const { errno, call, subject } = answer.failed;
    return { code: 'E_RUN_FOLDER', subject: runFolder, detail: `${call} ${errno} ${subject}` };
  }
  return undefined;
}

/** Removes what an executor that has ended leaves: nobody shall find a door that leads nowhere. */
export function removeSockets(runFolder: string): void {
  for (const name of Object.values(socketPaths)) rmSync(join(runFolder, name), { force: true });
}

function groupId(name: string): number {
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  const line = lines.find((one) => one.startsWith(`${name}:`));
  return Number(line?.split(':')[2] ?? 0);
}
