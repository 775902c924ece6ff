import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';

/** One end of the socket to an executor, and when and why that has ended. */
export interface ExecutorLine {
  readonly socket: Socket;
  /** Of a child of ours. */
  readonly pid: number | undefined;
  readonly ended: Promise<string>;
}

const SOCKET_FD = 3;

/** To a child of this process. */
export function startedLine(program: string, runFolder: string): ExecutorLine {
  const child = spawn(program, ['--socket', String(SOCKET_FD), '--run', runFolder], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    detached: true, // a terminal's Ctrl-C is for the agent, which still needs its executor to end in order
    cwd: '/',
    env: process.env.NOTIFY_SOCKET === undefined ? {} : { NOTIFY_SOCKET: process.env.NOTIFY_SOCKET },
  });
  return { socket: child.stdio[SOCKET_FD] as Socket, pid: child.pid, ended: whenChildEnds(child) };
}

function whenChildEnds(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

/** To the one that is started for whoever connects to this path. */
export function calledLine(path: string): ExecutorLine {
  const socket = connect(path);
  return { socket, pid: undefined, ended: whenSocketCloses(socket) };
}

function whenSocketCloses(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve('it closed the connection'));
  });
}
