import type { System } from '../import.ts';
import type { Item } from '../item.ts';
import { decide, LINK, none, type Verdicts } from '../verdict.ts';
import { cgroupVerdicts } from './cgroup.ts';
import { fixedVerdicts } from './fixed.ts';
import { isList } from './lists.ts';
import { memoryVerdicts } from './memory.ts';
import { schedulerVerdicts } from './scheduler.ts';
import { startVerdicts } from './start.ts';
import { Values } from './values.ts';

/** Linux-VServer with util-vserver. */
export const vserver: System = {
  rulesFile: 'rules/vserver.yaml',
  verdicts:
    () =>
    ({ name, items }) => {
      const read = items.filter(
        (item, at) => isList(item.key) || items.findIndex(({ key }) => key === item.key) === at,
      );
      const values = new Values(read);
      const limits = new Map([...memoryVerdicts(values), ...schedulerVerdicts(values)]);
      const known = [
        fixedVerdicts(name, read),
        limits,
        cgroupVerdicts(values, limits),
        startVerdicts(values),
        links(read),
        new Map(items.filter((item) => !read.includes(item)).map((item) => [item, none(FURTHER)])),
      ];
      return new Map(known.flatMap((verdicts) => [...verdicts]));
    },
};

const FURTHER = 'util-vserver reads the first line alone';

function links(items: readonly Item[]): Verdicts {
  const found = items.filter(({ key, value }) => value.startsWith('-> ') && !/^(run|vdir|cache)$/.test(key));
  return new Map(found.map((item) => [item, decide(LINK)]));
}
