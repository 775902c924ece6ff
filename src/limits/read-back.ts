import type { LimitFile, LimitValues, LimitWrite } from '../model/limit.ts';
import { limitFiles } from './files.ts';

/** By file, what was written last and what the kernel held right afterwards. */
export type Written = Readonly<
  Partial<Record<LimitFile, { readonly value: string; readonly holds: string | undefined }>>
>;

/**
 * The values as they were meant. A kernel rounds to pages, and doubles a period that is too short for it: what it made of our
 * own value is not somebody else's, and writing it again would change nothing.
 */
export function asMeant(values: LimitValues, written: Written): LimitValues {
  const meant = limitFiles(written).flatMap((file) => {
    const own = written[file];
    return own !== undefined && own.holds === values[file] ? [[file, own.value] as const] : [];
  });
  return { ...values, ...Object.fromEntries(meant) };
}

export function writtenAfter(written: Written, writes: readonly LimitWrite[], after: LimitValues): Written {
  const added = writes.map(({ file, value }) => [file, { value, holds: after[file] }] as const);
  return { ...written, ...Object.fromEntries(added) };
}

/** What the kernel holds otherwise than it was written, for people: `cpu.max holds 200000 2000000 and not 1000 10000`. */
export function deviations(written: Written): readonly string[] {
  return limitFiles(written).flatMap((file) => {
    const own = written[file];
    return own === undefined || own.holds === own.value ? [] : [`${file} holds ${own.holds} and not ${own.value}`];
  });
}
