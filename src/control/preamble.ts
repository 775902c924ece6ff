import type { Socket } from 'node:net';
import type { Caller } from '../ports/agent.ts';

const withinMs = 2_500;
const longest = 'hostler-peer 4294967295 4294967295 4294967295\n'.length;
const line = /^hostler-peer (\d{1,10}) \d{1,10} (\d{1,10})\n/;

/**
 * The door's first line, `hostler-peer UID GID PID`; what follows it stays in the socket. Undefined when it does not come in
 * time, is not of that form, or the connection ends.
 */
export function readPreamble(socket: Socket): Promise<Caller | undefined> {
  return new Promise((resolve) => {
    let head = Buffer.alloc(0);
    const end = (caller: Caller | undefined) => {
      clearTimeout(deadline);
      socket.off('readable', look);
      socket.off('close', gone);
      resolve(caller);
    };
    const gone = () => end(undefined);
    const look = () => {
      head = Buffer.concat([head, socket.read() ?? Buffer.alloc(0)]);
      const found = line.exec(head.toString('latin1', 0, longest));
      if (!found && isUnfinished(head)) return;
      if (found) socket.unshift(head.subarray(found[0].length));
      end(found ? { uid: Number(found[1]), pid: Number(found[2]) } : undefined);
    };
    // A process that had to wait for its turn finds its timers over before it reads: what has come by then counts.
    const deadline = setTimeout(() => setImmediate(gone), withinMs);
    socket.on('readable', look);
    socket.on('close', gone);
  });
}

function isUnfinished(head: Buffer): boolean {
  return head.length < longest && !head.includes('\n');
}
