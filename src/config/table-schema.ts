import { z } from 'zod';
import { globProblem } from '../model/glob.ts';
import { isMapping } from './is-mapping.ts';
import { pattern, type Shown, type TextProblem, text } from './schema-parts.ts';

/** What is wrong with a value although it is right for other keys. */
export type EntryProblem = (key: string, text: string) => string | undefined;

/** A mapping from names that the kernel or udev gives to patterns; `entryProblem` sees both. */
export function table(right: string, keyProblem: TextProblem, entryProblem: EntryProblem, shown: Shown = {}) {
  const value = pattern('text, a glob or a list of them', globProblem);
  return z
    .record(text('a name', keyProblem), value, { error: right })
    .superRefine((entries, context) => {
      if (Object.keys(entries).length > 0) return;
      context.addIssue({ code: 'custom', message: `is empty; write ${right}` });
    })
    .superRefine((entries, context) => addEntryIssues(entries, entryProblem, context), {
      when: ({ value: entries }) => isMapping(entries),
    })
    .meta({ minProperties: 1, ...shown });
}

/** Runs although other entries are wrong: everything is said at once. */
function addEntryIssues(entries: Record<string, unknown>, problem: EntryProblem, context: z.RefinementCtx): void {
  for (const [key, value] of Object.entries(entries)) {
    const texts = Array.isArray(value) ? value : [value];
    for (const [index, text] of texts.entries()) {
      const message = typeof text === 'string' ? problem(key, text) : undefined;
      const path = Array.isArray(value) ? [key, index] : [key];
      if (message !== undefined) context.addIssue({ code: 'custom', message, path });
    }
  }
}
