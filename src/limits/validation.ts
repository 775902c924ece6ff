import { shareText } from '../model/amount-text.ts';
import type { HostCapacity } from '../model/capacity.ts';
import type { Config, Problem } from '../model/config.ts';
import { smallLimits } from '../model/small-limits.ts';
import { guaranteeProblems } from './admission.ts';
import { claimsOf } from './claims.ts';
import { type Bursts, bursts, type Commitment, commitments, type Level } from './commitments.ts';
import { overcommitWarnings } from './overcommit.ts';

/** How what policies say goes with this host. */
export interface Validation {
  readonly capacity: HostCapacity;
  /** Names of guests, of the host and announced ones. */
  readonly guests: readonly string[];
  readonly commitments: readonly Commitment[];
  readonly bursts: Bursts;
  readonly findings: readonly Finding[];
}

export interface Finding extends Problem {
  readonly level: Exclude<Level, 'ok'>;
}

/** `onHost`: names of the guests that are there. */
export function validation(config: Config, onHost: readonly string[], capacity: HostCapacity): Validation {
  const rows = commitments(config, onHost, capacity);
  const used = new Set(claimsOf(config, onHost, capacity.cpus).map(({ policy }) => policy));
  return {
    capacity,
    guests: [...new Set([...onHost, ...config.guests.map(({ guest }) => guest)])].sort(),
    commitments: rows,
    bursts: bursts(config, onHost, capacity),
    findings: [
      ...at('error', guaranteeProblems(config, onHost, capacity)),
      ...at('warning', overcommitWarnings(config, onHost, capacity)),
      ...at('warning', [...used].flatMap(smallLimits)),
      ...at('recommendation', rows.flatMap(shortOfRate)),
      ...at('recommendation', rows.flatMap(unlimited)),
    ],
  };
}

function at(level: Finding['level'], problems: readonly Problem[]): readonly Finding[] {
  return problems.map((problem) => ({ level, ...problem }));
}

function shortOfRate({ key, committed, available, level, place }: Commitment): readonly Problem[] {
  if (key !== 'cpu.bucket' || level === 'ok' || place === undefined) return [];
  const says = `cpu.bucket: ${shareText(committed)} of a processor is earned by all and ${shareText(available)} is there; who is to have its rate when all want it needs cpu.guarantee`;
  return [{ place, code: 'W_OVERCOMMIT', says }];
}

function unlimited({ key, unlimited: guests, place, level }: Commitment): readonly Problem[] {
  if (level === 'ok' || guests.length === 0 || place === undefined) return [];
  if (key !== 'memory.rss.limit' && key !== 'processes.limit') return [];
  const says = `${key}: ${guests.join(', ')} has no such limit, and may use what others are to have; give it one`;
  return [{ place, code: 'W_OVERCOMMIT', says }];
}
