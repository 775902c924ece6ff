import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../model/config.ts';
import type { Context, Loaded } from './assemble.ts';
import type { Checked } from './check-paths.ts';

/** What can be asked, with the answer. */
export interface Answers {
  readonly load: Loaded;
  readonly check: Checked;
}

export interface Question {
  readonly verb: keyof Answers;
  readonly paths: readonly string[];
  readonly context: Context;
}

/** From the reader: which file it takes up, and in the end the answer. */
export type Message = { readonly takesUp: string } | { readonly answer: Answers[keyof Answers] };

/** No answer: why, and at which file. */
export interface Silence {
  readonly silence: Problem;
}

/**
 * For one file. The largest takes a hundredth of it on an idle host; nothing else waits meanwhile, and a busy host must not
 * make a good configuration a bad one.
 */
const DEADLINE_MS = 30_000;
/** How many times as long its process may take to begin: on an overloaded host that is no file's fault. */
const TO_BEGIN = 4;

/** A reader that is ended by a signal may have met what is no file's fault, such as too little memory for a moment. */
const TRIES = 2;

/** Beside this file, also where both are bundled. */
const reader = fileURLToPath(new URL(`./reader${extname(import.meta.url)}`, import.meta.url));
const flags = ['--max-old-space-size=512', '--disable-proto=delete', '--disallow-code-generation-from-strings'];

/**
 * Has configuration read by a process of its own. What that takes, 40 MB and seconds for thousands of rules, is gone when it
 * ends, and neither a file that never ends nor a file system that does not answer holds the agent up.
 */
export function askReader<Verb extends keyof Answers>(
  verb: Verb,
  paths: readonly string[],
  context: Context,
  deadlineMs: number = DEADLINE_MS,
  tries: number = TRIES,
): Promise<Answers[Verb] | Silence> {
  const { promise, resolve } = Promise.withResolvers<Answers[Verb] | Silence>();
  const child = fork(reader, {
    execArgv: flags,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let isOver = false;
  const end = (answer: Answers[Verb] | Silence | Promise<Answers[Verb] | Silence>) => {
    isOver = true;
    clearTimeout(deadline);
    child.kill('SIGKILL');
    resolve(answer);
  };
  let at = paths[0] ?? '';
  const fail = (says: string) =>
    end({ silence: { place: { file: at, line: 1, column: 1 }, code: 'E_CONFIG_FILE', says } });
  const late = () => fail(`not read within ${deadlineMs} ms; write less into it, or write it more simply`);
  let deadline = setTimeout(late, TO_BEGIN * deadlineMs);
  child.on('message', (message: Message) => {
    if ('answer' in message) return end(message.answer as Answers[Verb]);
    at = message.takesUp;
    clearTimeout(deadline);
    deadline = setTimeout(late, deadlineMs);
  });
  child.on('error', (error) => fail(`no process to read it: ${error.message}; end some others, or allow more`));
  const ended = (code: number | null, signal: NodeJS.Signals | null) => {
    if (isOver) return;
    if (signal !== null && tries > 1) return end(askReader(verb, paths, context, deadlineMs, tries - 1));
    fail(`its reader ended (${signal ?? code}); what it printed says why, most likely too little memory`);
  };
  // The end of a process may be told before what it said last, which is there until nothing more is.
  child.on('exit', (code, signal) => {
    if (child.connected) child.once('disconnect', () => ended(code, signal));
    else ended(code, signal);
  });
  child.send({ verb, paths, context } satisfies Question, () => {});
  return promise;
}
