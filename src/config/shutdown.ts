import type { z } from 'zod';
import type { Settings } from '../model/config.ts';
import { durationProblem, parseDuration } from './duration.ts';
import { mapping, text } from './schema-parts.ts';

export const shutdownSchema = mapping(
  'such as { budget: 2m }',
  {
    budget: text('a duration, such as 2m', durationProblem, {
      description: 'How long all guests together may take to halt, such as what a UPS bridges.',
      pattern: '^[1-9][0-9]*(ms|s|m|h)$',
    }),
  },
  { description: 'What a shutdown of the host is held against, besides what the host itself waits.' },
);

export function shutdownModel(said: z.infer<typeof shutdownSchema> | undefined): Pick<Settings, 'shutdownBudgetMs'> {
  const shutdownBudgetMs = parseDuration(said?.budget ?? '');
  return shutdownBudgetMs === undefined ? {} : { shutdownBudgetMs };
}
