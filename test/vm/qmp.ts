import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const DELETION_MS = 60_000;

interface Message {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: { readonly device?: string };
}

/** QEMU's monitor, as its machine protocol has it: one command at a time is answered, events come in between. */
export interface Monitor {
  execute(command: string, words?: object): Promise<unknown>;
  /** Unplugs the device with this id; resolves when QEMU has let go of it. */
  unplug(id: string): Promise<void>;
  close(): void;
}

/** QEMU talks to one at a time: a second connection waits until the first ends. */
export async function openMonitor(path: string): Promise<Monitor> {
  const socket = connect(path);
  const answers: ((message: Message) => void)[] = [];
  const deletions = new Map<string, () => void>();
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    const message: Message = JSON.parse(line);
    if (message.event === 'DEVICE_DELETED') deletions.get(message.data?.device ?? '')?.();
    if ('return' in message || 'error' in message) answers.shift()?.(message);
  });
  const execute = (command: string, words: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      answers.push(({ error, return: value }) =>
        error ? reject(new Error(`${command}: ${error.desc}`)) : resolve(value),
      );
      socket.write(`${JSON.stringify({ execute: command, arguments: words })}\n`);
    });
  await connected(socket);
  for (const source of [socket, lines]) source.on('error', () => undefined); // closed follows
  socket.on('close', () => {
    for (const refuse of answers.splice(0)) refuse({ error: { desc: 'QEMU has ended' } });
  });
  await execute('qmp_capabilities');
  socket.unref();
  return {
    execute,
    unplug: (id) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(late);
          deletions.delete(id);
          settle();
        };
        const refuse = (error: Error) => end(() => reject(error));
        const late = setTimeout(() => refuse(new Error(`QEMU did not let go of ${id}`)), DELETION_MS);
        deletions.set(id, () => end(resolve));
        execute('device_del', { id }).catch(refuse);
      }),
    close: () => socket.destroy(),
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
}
