import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const command = fileURLToPath(new URL('../../bin/hostler', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the real command to its end; its output is no terminal. */
export async function hostler(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return ended(start(args, environment));
}

export function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** A shell's line in which "$0" is the command and "$1" the argument. */
export function shell(line: string, argument: string): Promise<Ended> {
  return ended(spawn('sh', ['-c', line, command, argument], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** The command's end where nobody has ever read what it prints. */
export function unread(args: readonly string[]): Promise<Ended> {
  const line = 'd=$(mktemp -d); mkfifo "$d/f"; exec 3<>"$d/f" 4>"$d/f" 3<&-; rm -r "$d"; exec "$0" "$@" >&4 4>&-';
  return ended(spawn('sh', ['-c', line, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** A line on a terminal 80 columns wide: script(1) makes one. Its output has the terminal's line ends. */
export async function onTerminal(line: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn('script', ['-qec', `${command} ${line}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return (await ended(child)).out.replaceAll('\r\n', '\n');
}
