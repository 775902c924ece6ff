import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';

const BUILD = new URL('../../native/build/', import.meta.url).pathname;
export const EXECUTOR = process.env.HOSTLER_EXECUTOR ?? join(BUILD, 'hostler-executor');
export const HOOK = process.env.HOSTLER_HOOK ?? join(BUILD, 'hostler-hook');
export const fixture = (name: string): string => join(BUILD, 'fixtures', name);

export const isRoot = process.getuid?.() === 0;

/**
 * An executor in a mount and network namespace of its own, with an empty /run: kernel uevents of block devices arrive
 * there, what is multicast there stays there.
 */
export class Listening {
  readonly events: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
  private readonly answers = new Map<string, (lines: string[]) => void>();
  private readonly rows = new Map<string, string[]>();
  private step = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: Duplex,
  ) {
    createInterface({ input: socket }).on('line', (line) => this.take(line));
    socket.on('error', () => socket.destroy());
    child.once('exit', () => this.end());
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Listening> {
    const script = 'mount --make-rprivate / && mount -t tmpfs run /run && exec "$0" --socket 3';
    const child = spawn('unshare', ['-m', '-n', 'sh', '-c', script, EXECUTOR], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      env: { ...process.env, ...environment },
    });
    const socket = child.stdio[3];
    if (!(socket instanceof Duplex)) throw new Error('no socket to the executor');
    const listening = new Listening(child, socket);
    const answer = await listening.ask('status');
    if (answer.at(-1) !== 'ok') throw new Error(`${EXECUTOR}: ${answer.join(', ')}`);
    return listening;
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the executor did not start');
    return this.child.pid;
  }

  /** Words are written as they are: encode what needs it. Answers with the lines, IDs cut, the `ok` or `fail` last. */
  ask(request: string): Promise<string[]> {
    this.step += 1;
    const id = `0.${this.step}`;
    return new Promise((resolve) => {
      this.answers.set(id, resolve);
      this.socket.write(`${id} ${request}\n`);
    });
  }

  async counter(name: string): Promise<number> {
    const row = (await this.ask('status')).find((line) => line.startsWith(`row ${name} `));
    return Number(row?.split(' ')[2]);
  }

  /** The first event from `from` on that matches; throws after 5 s. */
  async event(pattern: RegExp, from = 0): Promise<string> {
    const found = await until(() => this.events.slice(from).find((line) => pattern.test(line)));
    if (found === undefined) throw new Error(`no event ${pattern} in\n${this.events.slice(from).join('\n')}`);
    return found;
  }

  /** When everything that was sent before has been read: the answer comes after its events. */
  async settled(): Promise<void> {
    await this.ask('status');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await this.ask('status');
  }

  /** Runs a program in the executor's namespaces. */
  run(program: string, words: readonly string[] = [], input: Buffer | string = ''): string {
    return execFileSync('nsenter', this.inside(program, words), { input, encoding: 'utf8' });
  }

  start(program: string, words: readonly string[] = []): ChildProcess {
    return spawn('nsenter', this.inside(program, words), { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  /** The agent stops reading; what the executor says meanwhile waits in the socket. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  async stop(): Promise<void> {
    const ended = this.child.exitCode === null ? once(this.child, 'exit') : undefined;
    this.child.kill('SIGCONT');
    this.socket.destroy();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private inside(program: string, words: readonly string[]): string[] {
    return ['-t', String(this.pid), '-m', '-n', program, ...words];
  }

  /** Nobody waits for an executor that has ended. */
  private end(): void {
    for (const answer of this.answers.values()) answer(['the executor has ended']);
    this.answers.clear();
  }

  private take(line: string): void {
    const [id = '', ...rest] = line.split(' ');
    if (id === 'event') {
      this.events.push(rest.join(' '));
      return;
    }
    const lines = [...(this.rows.get(id) ?? []), rest.join(' ')];
    this.rows.set(id, lines);
    if (rest[0] === 'row') return;
    this.rows.delete(id);
    this.answers.get(id)?.(lines);
    this.answers.delete(id);
  }
}

/** The first value that is not undefined, or undefined after 5 s. */
export async function until<T>(probe: () => T | undefined): Promise<T | undefined> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const value = probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return undefined;
}
