import { z } from 'zod';
import type { Damping } from '../model/config.ts';
import { parseDuration } from './duration.ts';
import { usualDuration } from './duration-schema.ts';
import { mapping, text, whole } from './schema-parts.ts';

export const DEFAULT_DAMPING: Damping = { plugs: 12, withinMs: 20_000, calmMs: 5_000 };

const RIGHT = 'off, or { plugs: 12, within: 20s, calm: 5s }';
const MOST_PLUGS = 1000;
const COUNT = `a whole number from 1 to ${MOST_PLUGS}, such as 12`;
const off = text(RIGHT, (word) => (word === 'off' ? undefined : `write ${RIGHT}`), { pattern: '^off$' });
const table = mapping(
  RIGHT,
  {
    plugs: whole(COUNT, 1, MOST_PLUGS, {
      description: 'A device that is plugged in more often is held off.',
      default: 12,
    }).optional(),
    within: usualDuration('The time in which plugs are counted.', '20s'),
    calm: usualDuration('How long it must neither come nor go before it is given again.', '5s'),
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
