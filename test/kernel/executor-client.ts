import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { type Line, Lines } from './lines.ts';

const BUILD = new URL('../../native/build/', import.meta.url).pathname;
const EXECUTOR = resolve(process.env.HOSTLER_EXECUTOR ?? join(BUILD, 'hostler-executor'));

/** Root that may make namespaces: in a container without CAP_SYS_ADMIN it is no better than an ordinary user. */
export const isRoot = process.getuid?.() === 0 && spawnSync('unshare', ['-m', '-n', 'true']).status === 0;

/** The executor with nothing between: lines in, lines out. It runs in a mount and network namespace of its own, its RUN is `run`. */
export class ExecutorClient {
  readonly run: string;
  private readonly lines = new Lines();
  private readonly child: ChildProcess;
  private readonly socket: Duplex;
  private plan = 0;

  /** `setup`: shell commands in its namespace before it starts. `before`: takes over that one's namespace and RUN. */
  constructor(setup = 'true', before?: ExecutorClient) {
    this.run = before?.run ?? mkdtempSync(join(tmpdir(), 'hostler-executor-'));
    const script = `${setup} && exec "$0" --socket 3 --run "$1"`;
    const enter = before ? ['nsenter', '-t', String(before.pid), '-m', '-n'] : ['unshare', '-m', '-n'];
    const [program = '', ...words] = [...enter, 'sh', '-c', script, EXECUTOR, this.run];
    this.child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    const socket = this.child.stdio[3];
    if (!(socket instanceof Duplex)) throw new Error('no socket to the executor');
    this.socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.lines.take(line));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the executor did not start');
    return this.child.pid;
  }

  get events(): readonly string[] {
    return this.lines.events;
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** The request alone, as plan 0: its rows and then `ok ...` or `fail ...`, IDs cut. */
  async ask(request: string): Promise<readonly string[]> {
    return this.lines.answer(this.send([request], 0));
  }

  /** The last line only. */
  async tell(request: string): Promise<string> {
    return (await this.ask(request)).at(-1) ?? '';
  }

  /** All at once, as one plan: the last line of each. */
  perform(requests: readonly string[]): Promise<readonly string[]> {
    this.plan += 1;
    return this.outcomes(requests, this.plan);
  }

  /** All at once, each standing alone: the last line of each. */
  performEach(requests: readonly string[]): Promise<readonly string[]> {
    return this.outcomes(requests, 0);
  }
  /** What is answered under an ID that this client did not choose. */
  answered(plan: number, step: number): Promise<readonly string[]> {
    return this.lines.answer({ plan, step });
  }

  event(pattern: RegExp): Promise<string> {
    return this.lines.event(pattern);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Pids of the worker processes, oldest first. */
  workers(): readonly number[] {
    const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return text.trim().split(' ').filter(Boolean).map(Number);
  }

  /** The oldest of them. Throws when there is none: 0 for a pid would mean whoever runs the tests. */
  worker(): number {
    const [oldest] = this.workers();
    if (oldest === undefined) throw new Error('the executor has no worker');
    return oldest;
  }

  /** What is staged for the guest, seen from the executor's namespace. */
  staged(guest: string): readonly string[] {
    const folder = `/proc/${this.pid}/root${this.run}/nodes/${guest}`;
    return existsSync(folder) ? readdirSync(folder).flatMap((start) => readdirSync(join(folder, start))) : [];
  }

  /** Its namespace and RUN stay for the next. */
  async end(): Promise<void> {
    const running = this.child.exitCode === null && this.child.signalCode === null;
    this.socket.destroy();
    if (running) await once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.run, { recursive: true, force: true });
  }

  private async outcomes(requests: readonly string[], plan: number): Promise<readonly string[]> {
    const first = this.send(requests, plan);
    const ids = requests.map((_, index) => ({ ...first, step: first.step + index }));
    const answers = await Promise.all(ids.map((id) => this.lines.answer(id)));
    return answers.map((lines) => lines.at(-1) ?? '');
  }

  private send(requests: readonly string[], plan: number): Line {
    const first = this.lines.next(requests.length);
    this.socket.write(requests.map((request, index) => `${plan}.${first + index} ${request}\n`).join(''));
    return { plan, step: first };
  }
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** VmRSS in KiB. */
export function residentKiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
