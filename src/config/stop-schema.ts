import { z } from 'zod';
import type { StopSettings } from '../model/lifecycle.ts';
import { absolutePathProblem } from './absolute-path.ts';
import { commandWords } from './command-words.ts';
import { LONGEST_MS, parseDuration } from './duration.ts';
import { usualDuration } from './duration-schema.ts';
import { haltModel, haltSchema } from './halt-choice.ts';
import { choice, mapping } from './schema-parts.ts';

const TIMEOUT_MS = 60_000;
const HOOK_MS = 20_000;
const MOST_HOOKS = 16;
const HOOK = 'an entry such as { command: [pg_ctl, stop], timeout: 20s }';
const HOOKS = 'a list of programs, such as [{ command: [pg_ctl, stop], timeout: 20s }]';
const params = { code: 'E_CONFIG_CONFLICT' };

const hookSchema = mapping(HOOK, {
  command: commandWords('[pg_ctl, stop]').meta({ description: 'A program and its arguments.' }),
  timeout: usualDuration('How long it may take. The stop goes on after it.', '20s'),
  where: choice(['guest', 'host'], { description: 'Where it runs, as root.', default: 'guest' }).optional(),
}).superRefine(addWithoutPath, { when: ({ issues }) => issues.length === 0 });

/** stop of a file of guests/. */
export const stopSchema = mapping(
  'how it is stopped, such as { timeout: 60s }',
  {
    timeout: usualDuration('From the request to the kill.', '60s'),
    before: z
      .array(hookSchema, { error: HOOKS })
      .min(1, { error: HOOKS })
      .max(MOST_HOOKS, { error: `at most ${MOST_HOOKS}` })
      .meta({
        description:
          'Programs that are run before it is halted, one after the other; together they may take half of the timeout.',
      })
      .optional(),
    halt: haltSchema.optional(),
  },
  { description: 'How the guest is stopped.' },
).superRefine(addNoTimeForThem, { when: ({ issues }) => issues.length === 0 });

type StopInput = { readonly timeout?: string | undefined; readonly before?: readonly HookInput[] | undefined };
type HookInput = z.infer<typeof hookSchema>;

export function stopModel({ timeout, before = [], halt }: z.infer<typeof stopSchema>): StopSettings {
  return {
    timeoutMs: parseDuration(timeout ?? '') ?? TIMEOUT_MS,
    before: before.map(({ command, timeout: most, where }) => ({
      words: command,
      timeoutMs: parseDuration(most ?? '') ?? HOOK_MS,
      where: where ?? 'guest',
    })),
    ...(halt !== undefined && { halt: haltModel(halt) }),
  };
}

// What is run here is found by its path alone; inside, PATH is the guest's.
function addWithoutPath({ command: [program = ''], where }: HookInput, context: z.RefinementCtx): void {
  const problem = where === 'host' ? absolutePathProblem(program) : undefined;
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: ['command', 0] });
}

// Half of the time is for the halt itself, whatever runs before.
function addNoTimeForThem({ timeout = '60s', before = [] }: StopInput, context: z.RefinementCtx): void {
  const hooksMs = before.reduce((sum, { timeout: most = '20s' }) => sum + (parseDuration(most) ?? 0), 0);
  if (hooksMs * 2 <= (parseDuration(timeout) ?? 0)) return;
  const enough = hooksMs * 2 > LONGEST_MS ? 'write' : `write a timeout of ${seconds(hooksMs * 2)}, or`;
  const message = `its programs may take ${seconds(hooksMs)}, and half of the timeout of ${timeout} is for the halt itself; ${enough} shorter ones here`;
  context.addIssue({ code: 'custom', params, message, path: ['before'] });
}

function seconds(ms: number): string {
  return Number.isInteger(ms / 1000) ? `${ms / 1000}s` : `${ms}ms`;
}
