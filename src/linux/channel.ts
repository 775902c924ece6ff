import type { Socket } from 'node:net';
import type { Answer } from '../ports/executor.ts';
import { errnoName } from './errno.ts';
import { calledLine, type ExecutorLine, startedLine } from './executor-line.ts';
import { lineSplitter } from './lines.ts';
import { decodeWord, encodeWord } from './wire.ts';

/** What a request brought: the words after `ok`, and the rows before it. */
export interface Reply {
  readonly words: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export type Request = readonly [verb: string, ...words: string[]];

/** The line to the executor. */
export interface Channel {
  request(...request: Request): Promise<Answer<Reply>>;
  /** One plan: performed in order, stops at the first failure. */
  requests(plan: readonly Request[]): Promise<readonly Answer<Reply>[]>;
  readonly pid: number | undefined;
  /** Ends the executor and resolves when it has ended. */
  close(): Promise<void>;
}

export interface ChannelEvents {
  event(kind: string, words: readonly string[]): void;
  ended(reason: string): void;
}

interface Pending {
  readonly rows: (readonly string[])[];
  readonly settle: (answer: Answer<Reply>) => void;
}

/** Starts an executor as a child of this process. */
export function startExecutor(program: string, runFolder: string, events: ChannelEvents): Channel {
  return channelOf(startedLine(program, runFolder), events);
}

/** Has the manager of services start one: where it listens, each connection is an executor. */
export function callExecutor(path: string, events: ChannelEvents): Channel {
  return channelOf(calledLine(path), events);
}

function channelOf({ socket, pid, ended }: ExecutorLine, events: ChannelEvents): Channel {
  const pending = new Map<string, Pending>();
  let plans = 0;
  let singles = 0;

  socket.setEncoding('latin1');
  socket.on(
    'data',
    lineSplitter((line) => receive(line, pending, events)),
  );
  socket.on('error', () => undefined); // the end of the process tells more
  const exited = ended.then((reason) => {
    for (const { settle } of pending.values()) settle(gone);
    pending.clear();
    events.ended(reason);
  });

  const write = batchedWrite(socket);
  const send = (id: string, request: Request): Promise<Answer<Reply>> =>
    new Promise((settle) => {
      if (socket.destroyed) return settle(gone);
      pending.set(id, { rows: [], settle });
      write(`${id} ${request.map(encodeWord).join(' ')}\n`);
    });

  return {
    pid,
    request(...request) {
      singles += 1;
      return send(`0.${singles}`, request);
    },
    requests: (plan) => {
      plans += 1;
      return Promise.all(plan.map((request, step) => send(`${plans}.${step + 1}`, request)));
    },
    close: async () => {
      socket.end();
      await exited;
    },
  };
}

// What is asked in one turn goes out in one write: a system call wakes the executor, and a plan shall wake it once.
function batchedWrite(socket: Socket): (line: string) => void {
  let batch = '';
  const flush = () => {
    if (!socket.destroyed) socket.write(batch);
    batch = '';
  };
  return (line) => {
    if (batch === '') queueMicrotask(flush);
    batch += line;
  };
}

const gone: Answer<Reply> = { ok: false, failed: { errno: 'EPIPE', call: 'executor', subject: '' } };

function receive(line: string, pending: Map<string, Pending>, events: ChannelEvents): void {
  const [id = '', kind = '', ...encoded] = line.split(' ');
  const words = encoded.map(decodeWord);
  if (id === 'event') return events.event(kind, words);
  const request = pending.get(id);
  if (request === undefined) return;
  if (kind === 'row') {
    request.rows.push(words);
    return;
  }
  pending.delete(id);
  request.settle(kind === 'ok' ? { ok: true, value: { words, rows: request.rows } } : failure(words));
}

function failure([errno = '', call = '', subject = '']: readonly string[]): Answer<Reply> {
  return { ok: false, failed: { errno: errnoName(Number(errno)), call, subject } };
}
