import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveControl } from '../../src/control/server.ts';
import type { AgentControl } from '../../src/ports/agent.ts';

export interface Served {
  /** Where callers connect: what the executor's door is on a host. */
  readonly door: string;
  /** Where the agent itself listens. */
  readonly inner: string;
  close(): Promise<void>;
}

/** An agent's control socket behind a door that announces every caller as `peer`. */
export async function serveBehindDoor(agent: AgentControl, peer = '0 0 4242'): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-control-'));
  const inner = join(folder, 'inner.sock');
  const door = join(folder, 'control.sock');
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
