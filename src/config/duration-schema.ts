import { durationProblem } from './duration.ts';
import { text } from './schema-parts.ts';

/** A duration that need not be written; `usual` is what it is then. */
export function usualDuration(description: string, usual: string) {
  return text(`a duration, such as ${usual}`, durationProblem, {
    description,
    pattern: '^[1-9][0-9]*(ms|s|m|h)$',
    default: usual,
  }).optional();
}
