import { bytesText, shareText } from '../model/amount-text.ts';
import type { HostCapacity } from '../model/capacity.ts';
import type { Config, Problem } from '../model/config.ts';
import type { Policy } from '../model/policy.ts';
import { guaranteeProblems } from './admission.ts';
import { KERNEL_BYTES_OF_PROCESS } from './beancounters.ts';
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
  const used = new Set(claimsOf(config, onHost).map(({ policy }) => policy));
  return {
    capacity,
    guests: [...new Set([...onHost, ...config.guests.map(({ guest }) => guest)])].sort(),
    commitments: rows,
    bursts: bursts(config, onHost, capacity),
    findings: [
      ...at('error', guaranteeProblems(config, onHost, capacity)),
      ...at('warning', overcommitWarnings(config, onHost, capacity)),
      ...at('warning', [...used].flatMap(dataBelowLow)),
      ...at('recommendation', [...rows.flatMap(shortOfRate), ...[...used].flatMap(kernelMemory)]),
      ...at('recommendation', [...used].flatMap(dataOfNode)),
      ...at('recommendation', rows.flatMap(unlimited)),
    ],
  };
}

function at(level: Finding['level'], problems: readonly Problem[]): readonly Finding[] {
  return problems.map((problem) => ({ level, ...problem }));
}

// OpenVZ's rule for privvmpages and vmguarpages.
function dataBelowLow({ memory: { addressSpace, low }, places }: Policy): readonly Problem[] {
  if (addressSpace === undefined || addressSpace.enforce === 'swap' || low === undefined) return [];
  if (addressSpace.limit >= low) return [];
  const amounts = `${bytesText(addressSpace.limit)} is less than memory.low, which is ${bytesText(low)}`;
  const says = `memory.as.limit: ${amounts}; a process is refused memory that is kept for the guest: write no less`;
  return [{ place: places['memory.as.limit'], says }];
}

/** What node 24 reserves for its code counts as data from its start; older ones do with less. */
export const DATA_OF_NODE = 640 * 2 ** 20;

function dataOfNode({ memory: { addressSpace }, places }: Policy): readonly Problem[] {
  if (addressSpace === undefined || addressSpace.enforce === 'swap' || addressSpace.limit >= DATA_OF_NODE) return [];
  const [limit, needed] = [bytesText(addressSpace.limit), bytesText(DATA_OF_NODE)];
  const says = `memory.as.limit: with ${limit} of data node 24 does not start; where it is to run write at least ${needed}`;
  return [{ place: places['memory.as.limit'], says }];
}

// OpenVZ's rule for kmemsize: half of the processes that there may be are there at a time.
function kernelMemory({ memory, processes = 0, places }: Policy): readonly Problem[] {
  const needed = (processes / 2) * KERNEL_BYTES_OF_PROCESS;
  if (memory.limit === undefined || memory.limit >= needed) return [];
  const says = `processes.limit: half of ${processes} processes need ${bytesText(needed)} for the kernel alone, and memory.rss.limit is ${bytesText(memory.limit)}; write fewer processes, or more memory`;
  return [{ place: places['processes.limit'], says }];
}

function shortOfRate({ key, committed, available, level, place }: Commitment): readonly Problem[] {
  if (key !== 'cpu.bucket' || level === 'ok' || place === undefined) return [];
  const says = `cpu.bucket: ${shareText(committed)} of a processor is earned by all and ${shareText(available)} is there; who is to have its rate when all want it needs cpu.guarantee`;
  return [{ place, says }];
}

function unlimited({ key, unlimited: guests, place, level }: Commitment): readonly Problem[] {
  if (level === 'ok' || guests.length === 0 || place === undefined) return [];
  if (key !== 'memory.rss.limit' && key !== 'processes.limit') return [];
  return [
    { place, says: `${key}: ${guests.join(', ')} has no such limit, and may use what others are to have; give it one` },
  ];
}
