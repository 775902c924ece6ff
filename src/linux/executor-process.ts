import type { Answer } from '../ports/executor.ts';
import type { HostEvent } from '../ports/host.ts';
import { type Channel, type ChannelEvents, callExecutor, type Reply, startExecutor } from './channel.ts';
import { hostEvent } from './host.ts';

/** The executor as one thing over its restarts: requests go to the one that runs now. */
export interface ExecutorProcess extends Channel {
  /** Starts an executor in the place of one that ended. */
  restart(): void;
}

export interface ExecutorOptions {
  readonly program: string;
  /** Where the manager of services starts it for whoever connects; absent: it is a child of this process. */
  readonly socket?: string | undefined;
  readonly runFolder: string;
  readonly onEvent: (event: HostEvent) => void;
}

export function executorProcess({ program, socket, runFolder, onEvent }: ExecutorOptions): ExecutorProcess {
  let closing = false;
  const events: ChannelEvents = {
    event(kind, words) {
      const event = hostEvent(kind, words);
      if (event !== undefined) onEvent(event);
    },
    ended(reason) {
      if (!closing) onEvent({ kind: 'executor-ended', reason });
    },
  };
  const start = () => (socket === undefined ? startExecutor(program, runFolder, events) : callExecutor(socket, events));
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
