import { accessSync, constants, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import { socketPaths } from './sockets.ts';

/** Makes the folder of sockets and ledgers ready for one agent; answers what is against it. Another agent notices nothing. */
export async function claimRunFolder(folder: string): Promise<Refusal | undefined> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return { code: 'E_RUN_FOLDER', subject: folder, detail: error instanceof Error ? error.message : String(error) };
  }
  if (!(await isServed(join(folder, socketPaths.agent)))) return undefined;
  return { code: 'E_RUN_FOLDER', subject: folder, detail: 'another agent is at work in it' };
}

/** Whether somebody listens there: what an agent that was killed left refuses the connection. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
