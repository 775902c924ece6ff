import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serveControl } from '../../src/control/server.ts';
import type { AgentControl } from '../../src/ports/agent.ts';

export interface Served {
  /** Where callers connect: what the executor's door is on a host. */
  readonly door: string;
  /** Where the agent itself listens. */
  readonly inner: string;
  close(): Promise<void>;
}

interface Place {
  /** As whom every caller is announced. */
  readonly peer?: string;
  /** Where callers connect; absent: a place of its own. */
  readonly door?: string;
}

/** An agent's control socket behind a door. */
export async function serveBehindDoor(
  agent: AgentControl,
  { peer = '0 0 4242', ...place }: Place = {},
): Promise<Served> {
  const folder = place.door === undefined ? mkdtempSync(join(tmpdir(), 'hostler-control-')) : dirname(place.door);
  mkdirSync(folder, { recursive: true });
  const door = place.door ?? join(folder, 'control.sock');
  const inner = join(folder, 'inner.sock');
  const control = await serveControl(agent, inner);
  const sockets = new Set<Socket>();
  const front = createServer((caller) => {
    const agentSide = connect(inner);
    agentSide.write(`hostler-peer ${peer}\n`);
    for (const [from, to] of [[caller, agentSide] as const, [agentSide, caller] as const]) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  front.listen(door);
  await once(front, 'listening');
  return {
    door,
    inner,
    close: async () => {
      front.close();
      for (const socket of sockets) socket.destroy();
      await control.close();
      rmSync(folder, { recursive: true });
    },
  };
}
