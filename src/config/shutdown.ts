import type { z } from 'zod';
import type { Settings } from '../model/config.ts';
import { durationProblem, parseDuration } from './duration.ts';
import { mapping, text } from './schema-parts.ts';

export const shutdownSchema = mapping(
  'such as { budget: 2m }',
  {
    budget: text('a duration, such as 2m', durationProblem, {
      description:
        'How long all guests together have to halt at every shutdown of the host that logind announces, not only on a UPS. Where they would take longer some get less than their stop.timeout, ten seconds at least, and are killed at its end. hostler plan shutdown tells beforehand whether it is enough.',
      pattern: '^[1-9][0-9]*(ms|s|m|h)$',
    }),
  },
  { description: 'How long a shutdown of the host may take, besides what the host itself waits.' },
);

export function shutdownModel(said: z.infer<typeof shutdownSchema> | undefined): Pick<Settings, 'shutdownBudgetMs'> {
  const shutdownBudgetMs = parseDuration(said?.budget ?? '');
  return shutdownBudgetMs === undefined ? {} : { shutdownBudgetMs };
}
