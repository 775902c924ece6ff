import type { Socket } from 'node:net';

const askWithinMs = 5_000;
const atMost = 256;

/**
 * Connections that have not asked their question to its end. Each has one deadline, which no trickle of bytes moves; when there are
 * too many, the oldest makes room, so that who asks at once is always heard.
 */
export class Waiting {
  readonly #deadlines = new Map<Socket, NodeJS.Timeout>();

  add(socket: Socket): void {
    const [oldest] = this.#deadlines.keys();
    if (oldest && this.#deadlines.size >= atMost) this.#drop(oldest);
    const deadline = setTimeout(() => this.#drop(socket), askWithinMs);
    this.#deadlines.set(socket, deadline);
    socket.once('close', () => this.done(socket));
  }

  done(socket: Socket): void {
    clearTimeout(this.#deadlines.get(socket));
    this.#deadlines.delete(socket);
  }

  #drop(socket: Socket): void {
    this.done(socket);
    socket.destroy();
  }
}
