import type { z } from 'zod';
import type { Reserve } from '../model/capacity.ts';
import { bytesProblem, parseBytes, parsePercent, percentProblem } from './quantity.ts';
import { mapping, text } from './schema-parts.ts';

export const DEFAULT_RESERVE: Reserve = { cpu: 0, memoryBytes: 0 };

/** reserve of hostler.yaml. */
export const reserveSchema = mapping(
  'what is kept for the host, such as { cpu: 10%, memory: 512MiB }',
  {
    cpu: text('a share, such as 10%', percentProblem, {
      description: 'Of all processors of the host.',
      pattern: '^[1-9][0-9]*%$',
      examples: ['10%'],
    }).optional(),
    memory: text('an amount with its unit, such as 512MiB', bytesProblem, {
      description: 'Of its memory.',
      pattern: '^[1-9][0-9]*(B|KiB|MiB|GiB|TiB)$',
      examples: ['512MiB'],
    }).optional(),
  },
  { description: 'What no policy can guarantee to a guest, since the host needs it itself.' },
);

export function reserveModel({ cpu = '', memory = '' }: z.infer<typeof reserveSchema>): Reserve {
  return {
    cpu: parsePercent(cpu) ?? DEFAULT_RESERVE.cpu,
    memoryBytes: parseBytes(memory) ?? DEFAULT_RESERVE.memoryBytes,
  };
}
