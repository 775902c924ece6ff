import type { z } from 'zod';
import type { StartSettings } from '../model/lifecycle.ts';
import { parseDuration } from './duration.ts';
import { usualDuration } from './duration-schema.ts';
import { markNameProblem } from './entry-name.ts';
import { guestNameProblem } from './guest-name.ts';
import { readyModel, readySchema } from './ready.ts';
import { choice, list, mapping, text, yesOrNo } from './schema-parts.ts';

const TIMEOUT_MS = 60_000;

/** start of a file of guests/. */
export const startSchema = mapping(
  'how it is started, such as { auto: true }',
  {
    auto: yesOrNo({ description: 'true: started with the host.', default: false }).optional(),
    marks: list(
      'a list of names, such as [edge]',
      text("a mark's name, such as edge", markNameProblem, { pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$' }),
      { description: 'Groups that it belongs to: hostler start --mark NAME.', default: ['default'] },
    ).optional(),
    after: list(
      'a list of guests, such as [db1]',
      text("a guest's name, such as db1", guestNameProblem, { pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$' }),
      { description: 'Guests that are ready before this one is started, and stopped after it.' },
    ).optional(),
    ready: readySchema.optional(),
    timeout: usualDuration('How long it may take to be ready.', '60s'),
    late: choice(['hold', 'continue', 'fail'], {
      description:
        'What becomes of those that wait for it when it is not ready in time. hold: they wait on. continue: they are started all the same. fail: they are not started.',
      default: 'hold',
    }).optional(),
  },
  { description: 'When the guest is started, and when those that wait for it may go on.' },
);

export function startModel(said: z.infer<typeof startSchema>): StartSettings {
  return {
    auto: said.auto ?? false,
    marks: said.marks ?? ['default'],
    after: said.after ?? [],
    ready: readyModel(said.ready),
    timeoutMs: parseDuration(said.timeout ?? '') ?? TIMEOUT_MS,
    late: said.late ?? 'hold',
  };
}
