import { z } from 'zod';
import { globProblem } from '../model/glob.ts';

/** Says what is wrong with a text and what would be right; undefined: nothing. */
export type TextProblem = (text: string) => string | undefined;

/** What an editor shows of a value, besides its type. */
export interface Shown {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly default?: unknown;
}

/**
 * A text that `problem` finds nothing wrong with. Here and below `right` is what to write instead of something of another
 * type: it becomes the issue's message, and explain.ts makes the sentence.
 */
export function text(right: string, problem: TextProblem, shown: Shown = {}) {
  return z
    .string({ error: right })
    .check(({ value, issues }) => {
      const says = problem(value);
      if (says !== undefined) issues.push({ code: 'custom', message: says, input: value });
    })
    .meta(metaOf(shown));
}

/** At least one text, none twice. */
export function list(right: string, item: ReturnType<typeof text>, shown: Shown = {}) {
  return z
    .array(item, { error: right })
    .min(1, { error: right })
    .superRefine(addRepeated, { when: ({ value }) => Array.isArray(value) })
    .meta(metaOf(shown));
}

function addRepeated(entries: readonly unknown[], context: z.RefinementCtx): void {
  for (const [index, entry] of entries.entries()) {
    if (entries.indexOf(entry) === index) continue;
    context.addIssue({ code: 'custom', message: 'is in the list twice; leave one out', path: [index] });
  }
}

/** One glob, or a list of which one must match. */
export function pattern(right: string, problem: TextProblem, shown: Shown = {}) {
  const one = text(right, problem);
  return z.union([one, list(right, one)], { error: right }).meta(metaOf(shown));
}

export function choice<const Words extends readonly string[]>(words: Words, shown: Shown = {}) {
  return z.enum(words, { error: words.join(', ') }).meta(metaOf(shown));
}

/** A mapping with these keys and no others. The message of an unknown key's issue is the list of the known ones. */
export function mapping<Shape extends z.ZodRawShape>(right: string, shape: Shape, shown: Shown = {}) {
  const known = Object.keys(shape).join(', ');
  return z
    .strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? known : right) })
    .meta(metaOf(shown));
}

/** A mapping from names that the kernel or udev gives to patterns; `entryProblem` sees both. */
export function table(right: string, keyProblem: TextProblem, entryProblem: EntryProblem, shown: Shown = {}) {
  const value = pattern('text, a glob or a list of them', globProblem);
  return z
    .record(text('a name', keyProblem), value, { error: right })
    .superRefine((entries, context) => {
      if (isEmpty(entries)) context.addIssue({ code: 'custom', message: `is empty; write ${right}` });
    })
    .superRefine((entries, context) => addEntryIssues(entries, entryProblem, context), { when: hasMapping })
    .meta(metaOf(shown));
}

export type EntryProblem = (key: string, text: string) => string | undefined;

/** Runs although other entries are wrong: everything is said at once. */
function addEntryIssues(entries: unknown, problem: EntryProblem, context: z.RefinementCtx): void {
  if (!isMapping(entries)) return;
  for (const [key, value] of Object.entries(entries)) {
    const message = typeof value === 'string' ? problem(key, value) : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', message, path: [key] });
  }
}

export function hasMapping({ value }: { readonly value: unknown }): boolean {
  return isMapping(value);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function metaOf(shown: Shown): Record<string, unknown> {
  return { ...shown };
}
