import type { LimitFile, LimitValues, LimitWrite } from '../model/limit.ts';
import { isOfQuota, limitFiles } from './files.ts';
import { isRounding } from './rounding.ts';

/** By file, what was written last and what the kernel makes of it. */
export type Written = Readonly<
  Partial<Record<LimitFile, { readonly value: string; readonly holds: string | undefined }>>
>;

/**
 * The values as they were meant. A kernel rounds to pages, and doubles a period that is too short for it, at once or later: what it
 * made of our own value is not somebody else's, and writing it again would change nothing.
 */
export function asMeant(values: LimitValues, written: Written): LimitValues {
  const factor = lengthened(values, written);
  const meant = limitFiles(written).flatMap((file) => {
    const own = written[file];
    const isKernels = own?.holds === values[file] || (isOfQuota(file) && isTimes(own?.holds, values[file], factor));
    return own !== undefined && isKernels ? [[file, own.value] as const] : [];
  });
  return { ...values, ...Object.fromEntries(meant) };
}

const QUOTAS = [['cpu.max'], ['cpu.cfs_quota_us', 'cpu.cfs_period_us']] as const;
/** A millisecond becomes no more than a second. */
const FACTORS = Array.from({ length: 10 }, (_, power) => 2 ** (power + 1));

/** How often longer the kernel made the period since, with as much more in it; 1: it did not, or somebody else did. */
function lengthened(values: LimitValues, written: Written): number {
  const files = QUOTAS.find((some) => some.every((file) => written[file] !== undefined)) ?? [];
  const found = FACTORS.find((factor) => files.every((file) => isTimes(written[file]?.holds, values[file], factor)));
  return files.length === 0 ? 1 : (found ?? 1);
}

function isTimes(before: string | undefined, now: string | undefined, factor: number): boolean {
  return (
    before !== undefined &&
    now ===
      before
        .split(' ')
        .map((number) => `${Number(number) * factor}`)
        .join(' ')
  );
}

/** `after`: what the files held right afterwards, unless somebody else wrote in between. */
export function writtenAfter(written: Written, writes: readonly LimitWrite[], after: LimitValues): Written {
  const taken = { ...written, ...Object.fromEntries(writes.map(({ file, value }) => [file, { value, holds: value }])) };
  const meant = asMeant(after, taken);
  const added = writes.map(({ file, value }) => {
    const isKernels = meant[file] === value || isRounding(file, value, after[file]);
    return [file, { value, holds: isKernels ? after[file] : value }] as const;
  });
  return { ...written, ...Object.fromEntries(added) };
}

/** What the kernel holds otherwise than it was written, for people: `cpu.max holds 200000 2000000 and not 1000 10000`. */
export function deviations(written: Written): readonly string[] {
  return limitFiles(written).flatMap((file) => {
    const own = written[file];
    return own === undefined || own.holds === own.value ? [] : [`${file} holds ${own.holds} and not ${own.value}`];
  });
}
