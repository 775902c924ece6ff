import type { ServerResponse } from 'node:http';
import type { AgentControl } from '../ports/agent.ts';

const stalledMs = 30_000;

/**
 * Writes the events above `after`, one JSON object a line, and with `follow` every later one until the reader goes. The agent's own
 * ring is the only buffer: what a slow reader has not taken is asked for again when it has, and a reader that takes nothing for
 * half a minute is closed.
 */
export function streamEvents(agent: AgentControl, after: number, follow: boolean, response: ServerResponse): void {
  let last = after;
  let stalled: NodeJS.Timeout | undefined;
  const write = () => {
    if (stalled || response.destroyed) return;
    for (const event of agent.events(last)) {
      last = event.number;
      if (!response.write(`${JSON.stringify(event)}\n`)) return stall();
    }
    if (!follow) response.end();
  };
  const stall = () => {
    stalled = setTimeout(() => response.destroy(), stalledMs);
  };
  const resume = () => {
    clearTimeout(stalled);
    stalled = undefined;
    write();
  };
  const unfollow = follow ? agent.follow(write) : undefined;
  response.on('drain', resume);
  response.on('close', () => {
    clearTimeout(stalled);
    unfollow?.();
  });
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  write();
}
