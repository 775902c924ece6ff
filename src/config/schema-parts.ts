import { z } from 'zod';
import type { ConfigCode } from '../model/config-code.ts';

/** What compares entries with each other stays cheap. */
const MOST_ENTRIES = 256;

/** Says what is wrong with a text and what would be right; undefined: nothing. */
export type TextProblem = (text: string) => string | undefined;

/** What a check tells besides its sentence: which kind of problem it is, and of a number its bounds. */
export interface CustomParams {
  readonly code?: ConfigCode;
  readonly least?: number;
  readonly most?: number;
}

/** JSON Schema keywords that a schema cannot know by itself: what an editor shows, and what it checks of a text. */
export type Shown = Readonly<Record<string, unknown>>;

/**
 * A text that `problem` finds nothing wrong with. Here and below `right` is what to write instead of something of another
 * type: it becomes the issue's message, and explain.ts makes the sentence.
 */
export function text(right: string, problem: TextProblem, shown: Shown = {}) {
  const params: CustomParams = isAmount(right) ? { code: 'E_CONFIG_NUMBER' } : {};
  return z
    .string({ error: right })
    .check(({ value, issues }) => {
      const says = problem(value);
      if (says !== undefined) issues.push({ code: 'custom', message: says, input: value, params });
    })
    .meta(shown);
}

/** Whether what is to be written is a number with a unit. */
export function isAmount(right: string): boolean {
  return /^an? (amount|duration|share)\b/.test(right);
}

/** At least one text, none twice. */
export function list(right: string, item: ReturnType<typeof text>, shown: Shown = {}) {
  return z
    .array(item, { error: right })
    .min(1, { error: right })
    .max(MOST_ENTRIES, { error: `at most ${MOST_ENTRIES}` })
    .superRefine(addRepeated, { when: ({ value }) => Array.isArray(value) })
    .meta({ uniqueItems: true, ...shown });
}

function addRepeated(entries: readonly unknown[], context: z.RefinementCtx): void {
  const seen = new Set<unknown>();
  for (const [index, entry] of entries.entries()) {
    const message = 'is in the list twice; leave one out';
    if (seen.has(entry)) context.addIssue({ code: 'custom', message, path: [index] });
    seen.add(entry);
  }
}

/** One glob, or a list of which one must match. */
export function pattern(right: string, problem: TextProblem, shown: Shown = {}) {
  const one = text(right, problem, { minLength: 1 });
  return z.union([one, list(right, one)], { error: right }).meta(shown);
}

export function choice<const Words extends readonly string[]>(words: Words, shown: Shown = {}) {
  return z.enum(words, { error: words.join(', ') }).meta(shown);
}

export function yesOrNo(shown: Shown = {}) {
  return z.boolean({ error: 'true or false' }).meta(shown);
}

/** A mapping with these keys and no others. The message of an unknown key's issue is the list of the known ones. */
export function mapping<Shape extends z.ZodRawShape>(right: string, shape: Shape, shown: Shown = {}) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? known : right) }).meta(shown);
}

/** A whole number from `least` to `most`, both included. */
export function whole(right: string, least: number, most: number, shown: Shown = {}) {
  const params: CustomParams = { code: 'E_CONFIG_NUMBER', least, most };
  return z
    .number({ error: right })
    .refine((count) => Number.isInteger(count) && count >= least && count <= most, { error: `write ${right}`, params })
    .meta({ type: 'integer', minimum: least, maximum: most, ...shown });
}
