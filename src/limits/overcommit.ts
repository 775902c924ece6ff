import { bytesText } from '../model/amount-text.ts';
import type { HostCapacity } from '../model/capacity.ts';
import type { Config, Problem } from '../model/config.ts';
import { type FailureCode, failureText } from '../model/failure.ts';
import type { Policy, WeighedKey } from '../model/policy.ts';
import { type Commitment, commitments } from './commitments.ts';

/** What policies say that the host does not have, by itself or all together: usual, and good to know. */
export function overcommitWarnings(
  config: Config,
  onHost: readonly string[],
  capacity: HostCapacity,
): readonly Problem[] {
  const together = commitments(config, onHost, capacity).filter(({ level }) => level === 'warning');
  return [...config.policies.flatMap((policy) => aboveHost(policy, capacity)), ...together.flatMap(overcommitted)];
}

function aboveHost({ memory, places }: Policy, { ramBytes, swapBytes }: HostCapacity): readonly Problem[] {
  const has = `this host has ${bytesText(ramBytes)} of memory`;
  const hasBoth = `this host has ${bytesText(ramBytes + swapBytes)} of memory and swap`;
  const found: readonly (readonly [WeighedKey, number | undefined, number, string])[] = [
    ['memory.low', memory.low, ramBytes, has],
    ['memory.rss.limit', memory.limit, ramBytes, has],
    ['memory.as.limit', memory.addressSpace?.limit, ramBytes + swapBytes, hasBoth],
  ];
  return found.flatMap(([key, amount, most, says]) =>
    amount === undefined || amount <= most
      ? []
      : [problem('W_LIMIT_ABOVE_HOST', key, places[key], `${bytesText(amount)}, and ${says}`)],
  );
}

function overcommitted({ key, unit, committed, available, place }: Commitment): readonly Problem[] {
  if (place === undefined) return [];
  const text = unit === 'bytes' ? bytesText : String;
  const detail = `all guests together may have ${text(committed)}, and this host has ${text(available)}`;
  return [problem('W_OVERCOMMIT', key, place, detail)];
}

function problem(code: FailureCode, subject: string, place: Problem['place'], detail: string): Problem {
  return { place, says: failureText({ code, subject, detail }) };
}
