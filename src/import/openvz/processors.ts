import type { Item, Verdict } from '../item.ts';
import { decide, policyKey, taken, type Verdicts, verdictsOf } from '../verdict.ts';

/** CPUUNITS, CPULIMIT, CPUS, IOPRIO and NUMPROC's neighbours that are one number. */
export function processorVerdicts(items: readonly Item[]): Verdicts {
  return verdictsOf(items, ({ key, value }) => VERDICTS.get(key)?.(value));
}

const BY_NAME: Readonly<Record<string, (value: string) => Verdict>> = {
  CPUUNITS: (value) => {
    const units = wholeNumber(value);
    if (units === undefined) return decide(`${JSON.stringify(value)} is no number of units`);
    const weight = Math.max(1, Math.round(units / 10));
    return taken(`${units} units / 10 = ${weight}; 1000 are usual there, 100 here`, policyKey('cpu.weight', weight));
  },
  CPULIMIT: (value) => {
    const percent = wholeNumber(value.replace(/%$/, ''));
    if (percent === undefined) return decide(`${JSON.stringify(value)} is no share in percent of one processor`);
    if (percent === 0) return taken('0: not limited, as in a policy that does not say it');
    return taken(
      `${percent}% of one processor: ${percent}ms in every 100ms, and nothing is saved up beyond that`,
      policyKey('cpu.bucket.rate', percent),
      policyKey('cpu.bucket.interval', 100),
      policyKey('cpu.bucket.size', percent),
    );
  },
  CPUS: (value) => {
    const cpus = wholeNumber(value) ?? 0;
    if (cpus === 0) return decide(`${JSON.stringify(value)}: for what runs the guest, lxc.cgroup2.cpuset.cpus`);
    return decide(
      `for what runs the guest: lxc.cgroup2.cpuset.cpus = 0-${cpus - 1}; so much time on any processor is rate: ${cpus * 100}, interval: 100 of cpu.bucket`,
    );
  },
  IOPRIO: (value) => {
    const priority = wholeNumber(value);
    if (priority === undefined || priority > 7) return decide(`${JSON.stringify(value)} is no priority from 0 to 7`);
    const weight = 20 * (priority + 1);
    return taken(
      `20 x (${priority} + 1) = ${weight}, like its slices of time; 4 is usual there, 100 here`,
      policyKey('io.weight', weight),
    );
  },
  IOLIMIT: (value) =>
    decide(`${value}: hostler limits each disk by its name; write io.devices: [{ device, read, write }]`),
  IOPSLIMIT: (value) =>
    decide(`${value}: hostler limits each disk by its name; write io.devices: [{ device, reads, writes }]`),
};

const VERDICTS = new Map(Object.entries(BY_NAME));

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
