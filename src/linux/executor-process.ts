import type { Answer } from '../ports/executor.ts';
import type { HostEvent } from '../ports/host.ts';
import { type Channel, type Reply, startExecutor } from './channel.ts';
import { hostEvent } from './host.ts';

/** The executor as one thing over its restarts: requests go to the one that runs now. */
export interface ExecutorProcess extends Channel {
  /** Starts an executor in the place of one that ended. */
  restart(): void;
}

export interface ExecutorOptions {
  readonly program: string;
  readonly runFolder: string;
  readonly onEvent: (event: HostEvent) => void;
}

export function executorProcess({ program, runFolder, onEvent }: ExecutorOptions): ExecutorProcess {
  let closing = false;
  const start = () =>
    startExecutor(program, runFolder, {
      event(kind, words) {
        const event = hostEvent(kind, words);
        if (event !== undefined) onEvent(event);
      },
      ended(reason) {
        if (!closing) onEvent({ kind: 'executor-ended', reason });
      },
    });
  let current = start();
  return {
    request: (...request): Promise<Answer<Reply>> => current.request(...request),
    requests: (plan) => current.requests(plan),
    get pid() {
      return current.pid;
    },
    restart() {
      current = start();
    },
    async close() {
      closing = true;
      await current.close();
    },
  };
}
