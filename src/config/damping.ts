import { z } from 'zod';
import type { Damping } from '../model/config.ts';
import { durationProblem, parseDuration } from './duration.ts';
import { mapping, text } from './schema-parts.ts';

export const DEFAULT_DAMPING: Damping = { plugs: 12, withinMs: 20_000, calmMs: 5_000 };

const RIGHT = 'off, or { plugs: 12, within: 20s, calm: 5s }';
const MOST_PLUGS = 1000;
const COUNT = `a whole number from 1 to ${MOST_PLUGS}, such as 12`;
const duration = (description: string, usual: string) =>
  text(`a duration, such as ${usual}`, durationProblem, {
    description,
    pattern: '^[0-9]+(ms|s|m|h)$',
    default: usual,
  }).optional();

const off = text(RIGHT, (word) => (word === 'off' ? undefined : `write ${RIGHT}`), { pattern: '^off$' });
const table = mapping(
  RIGHT,
  {
    plugs: z
      .number({ error: COUNT })
      .refine((count) => Number.isInteger(count) && count >= 1 && count <= MOST_PLUGS, { error: `write ${COUNT}` })
      .meta({ description: 'A device that is plugged in more often is held off.', minimum: 1, default: 12 })
      .optional(),
    within: duration('The time in which plugs are counted.', '20s'),
    calm: duration('How long it must neither come nor go before it is given again.', '5s'),
  },
  {},
);

export const dampingSchema = z.union([off, table], { error: RIGHT }).meta({
  description: 'When a device that comes and goes is held off. off: never.',
});

export function dampingModel(said: z.infer<typeof dampingSchema>): Damping | 'off' {
  if (typeof said === 'string') return 'off';
  const { plugs, withinMs, calmMs } = DEFAULT_DAMPING;
  return {
    plugs: said.plugs ?? plugs,
    withinMs: parseDuration(said.within ?? '') ?? withinMs,
    calmMs: parseDuration(said.calm ?? '') ?? calmMs,
  };
}
