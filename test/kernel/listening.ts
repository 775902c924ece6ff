import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ExecutorClient } from './executor-client.ts';

const BUILD = new URL('../../native/build/', import.meta.url).pathname;
export const HOOK = process.env.HOSTLER_HOOK ?? join(BUILD, 'hostler-hook');
export const fixture = (name: string): string => join(BUILD, 'fixtures', name);

/**
 * An executor with an empty /run, and programs beside it in its namespaces: kernel uevents of devices without a network
 * namespace arrive there, what is multicast there stays there.
 */
export class Listening {
  private readonly client: ExecutorClient;

  /** `setup`: shell commands before the executor starts. */
  static async start(setup = 'true'): Promise<Listening> {
    const client = new ExecutorClient(`mount --make-rprivate / && mount -t tmpfs run /run && ${setup}`);
    await client.ask('status');
    return new Listening(client);
  }

  private constructor(client: ExecutorClient) {
    this.client = client;
  }

  get pid(): number {
    return this.client.pid;
  }

  get folder(): string {
    return this.client.run;
  }

  get events(): readonly string[] {
    return this.client.events;
  }

  ask(request: string): Promise<readonly string[]> {
    return this.client.ask(request);
  }

  performEach(requests: readonly string[]): Promise<readonly string[]> {
    return this.client.performEach(requests);
  }

  async counter(name: string): Promise<number> {
    const row = (await this.ask('status')).find((line) => line.startsWith(`row ${name} `));
    return Number(row?.split(' ')[2]);
  }

  /** The first event from number `from` on that matches; throws when there is none for long. */
  async event(pattern: RegExp, from = 0): Promise<string> {
    const found = await until(() => this.events.slice(from).find((line) => pattern.test(line)));
    if (found === undefined) throw new Error(`no event ${pattern} in\n${this.events.slice(from).join('\n')}`);
    return found;
  }

  /** When what happened before has been heard and told. */
  async settled(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await this.ask('status');
  }

  /** Runs a program in the executor's namespaces and gives what it prints. */
  run(program: string, words: readonly string[] = [], input: Buffer | string = ''): string {
    return execFileSync('nsenter', this.inside(program, words), { input, encoding: 'utf8', timeout: 60_000 });
  }

  start(program: string, words: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = { ...process.env, ...environment };
    return spawn('nsenter', this.inside(program, words), { stdio: ['pipe', 'pipe', 'inherit'], env });
  }

  /** The agent stops reading; what the executor says meanwhile waits in the socket. */
  pause(): void {
    this.client.pause();
  }

  resume(): void {
    this.client.resume();
  }

  stop(): Promise<void> {
    return this.client.stop();
  }

  private inside(program: string, words: readonly string[]): string[] {
    return ['-t', String(this.pid), '-m', '-n', program, ...words];
  }
}

/** Longer than anything takes but what hangs. */
const PATIENCE_MS = 30_000;

/** The first value that is not undefined, or undefined when there is none for long. */
export async function until<T>(probe: () => T | undefined): Promise<T | undefined> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    const value = probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return probe();
}
