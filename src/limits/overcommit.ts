import { bytesText, shareText } from '../model/amount-text.ts';
import type { HostCapacity } from '../model/capacity.ts';
import type { Config, Problem } from '../model/config.ts';
import { type FailureCode, failureSentence } from '../model/failure.ts';
import type { Policy, WeighedKey } from '../model/policy.ts';
import { rateOf } from './bucket.ts';
import { type Commitment, commitments } from './commitments.ts';
import { outweighed } from './outweighed.ts';
import { onProcessors } from './scope.ts';

/** What policies say that the host does not have, by itself or all together: usual, and good to know. */
export function overcommitWarnings(
  config: Config,
  onHost: readonly string[],
  capacity: HostCapacity,
): readonly Problem[] {
  const together = commitments(config, onHost, capacity).filter(({ level }) => level === 'warning');
  const each = config.policies.map((policy) => onProcessors(policy, capacity.cpus));
  return [
    ...each.flatMap((policy) => aboveHost(policy, capacity)),
    ...together.flatMap(overcommitted),
    ...outweighed(config, onHost, capacity.cpus),
  ];
}

function aboveHost(policy: Policy, { cpus, ramBytes, swapBytes }: HostCapacity): readonly Problem[] {
  const { memory, cpu, places } = policy;
  const both = ramBytes + swapBytes;
  const found: readonly (readonly [WeighedKey, number | undefined, number, string, (amount: number) => string])[] = [
    ['memory.low', memory.low, ramBytes, 'of memory', bytesText],
    ['memory.rss.limit', memory.limit, ramBytes, 'of memory', bytesText],
    ['memory.as.limit', memory.addressSpace?.limit, both, 'of memory and swap', bytesText],
    ['cpu.bucket', cpu.bucket && rateOf(cpu.bucket), cpus, 'of a processor', shareText],
  ];
  return found.flatMap(([key, amount, most, what, text]) => {
    if (amount === undefined || amount <= most) return [];
    return [
      problem('W_LIMIT_ABOVE_HOST', key, places[key], `${text(amount)}, and this host has ${text(most)} ${what}`),
    ];
  });
}

function overcommitted({ key, unit, committed, available, place }: Commitment): readonly Problem[] {
  if (place === undefined) return [];
  const text = unit === 'bytes' ? bytesText : String;
  const detail = `all guests together may have ${text(committed)}, and this host has ${text(available)}`;
  return [problem('W_OVERCOMMIT', key, place, detail)];
}

function problem(code: FailureCode, subject: string, place: Problem['place'], detail: string): Problem {
  return { place, code, says: failureSentence({ code, subject, detail }) };
}
