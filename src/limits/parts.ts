import type { LimitedResource, LimitFile, LimitValues, LimitWrite } from '../model/limit.ts';
import { limitFiles, resourceOf } from './files.ts';
import type { LimitsPlan } from './plan.ts';

/** What of a plan is of one resource. */
export interface LimitsPart extends Pick<LimitsPlan, 'settled' | 'before' | 'left'> {
  readonly resource: LimitedResource;
  readonly writes: readonly LimitWrite[];
}

// Memory may take its time to be taken back: what nobody waits for comes before.
const RESOURCES: readonly LimitedResource[] = ['cpu', 'processes', 'io', 'memory'];

/** A plan by resource, in the order in which they are written; without those of which it says nothing. */
export function partsOf({ writes, settled, before, left }: LimitsPlan): readonly LimitsPart[] {
  const all = RESOURCES.map((resource) => ({
    resource,
    writes: writes.filter(({ file }) => resourceOf(file) === resource),
    settled: ofResource(settled, resource),
    before: ofResource(before, resource),
    left: ofResource(left, resource),
  }));
  return all.filter(({ writes: some, before: kept }) => some.length > 0 || Object.keys(kept).length > 0);
}

/** The values with those of one resource replaced by these. */
export function withPart(values: LimitValues, resource: LimitedResource, part: LimitValues): LimitValues {
  const others = limitFiles(values).filter((file) => resourceOf(file) !== resource);
  return { ...picked(values, others), ...part };
}

function ofResource(values: LimitValues, resource: LimitedResource): LimitValues {
  return picked(
    values,
    limitFiles(values).filter((file) => resourceOf(file) === resource),
  );
}

function picked(values: LimitValues, files: readonly LimitFile[]): LimitValues {
  return Object.fromEntries(files.map((file) => [file, values[file]]));
}
