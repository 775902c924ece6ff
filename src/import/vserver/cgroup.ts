import { diskVerdicts } from '../cgroup/disks.ts';
import { memoryVerdicts } from '../cgroup/memory.ts';
import { processorVerdicts } from '../cgroup/processors.ts';
import type { Verdict } from '../item.ts';
import { decide, type Verdicts } from '../verdict.ts';
import type { Values } from './values.ts';

/** cgroup/: files of cgroup v1 as later kernels of VServer had them, where nothing else says the same. */
export function cgroupVerdicts(values: Values, others: Verdicts): Verdicts {
  const lines = values
    .below('cgroup')
    .map((item) => ({ item, name: item.key.slice('cgroup/'.length), version: 1 }) as const);
  const said = new Map(
    [...others].flatMap(([{ key }, verdict]) => pathsOf(verdict).map((path) => [path, key] as const)),
  );
  const verdicts = [...memoryVerdicts(lines), ...processorVerdicts(lines), ...diskVerdicts(lines)];
  return new Map(
    verdicts.map(([item, verdict]) => {
      const [again] = pathsOf(verdict).flatMap((path) => said.get(path) ?? []);
      return [item, again === undefined ? verdict : decide(`${again} says it, too; a policy has one value`)];
    }),
  );
}

function pathsOf({ settings }: Verdict): readonly string[] {
  return settings.flatMap((setting) => (setting.kind === 'policies' ? setting.path.join('.') : []));
}
