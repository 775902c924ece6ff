import { bytesText } from './amount-text.ts';
import type { Problem } from './config.ts';
import type { Policy, WeighedKey } from './policy.ts';

const MiB = 2 ** 20;
/** What node 24 reserves for its code counts as data from its start; older ones do with less. */
export const DATA_OF_NODE = 640 * MiB;
/** What systemd as init, a shell and a small service of a distribution need to come up. */
const MEMORY_OF_SYSTEM = 32 * MiB;
const PROCESSES_OF_SYSTEM = 30;
/** What the kernel keeps of its own memory for one process. */
export const KERNEL_BYTES_OF_PROCESS = 40_960;

/** Limits that a guest may have, and with which usual programs do not come up or are refused what is kept for them. */
export function smallLimits(policy: Policy): readonly Problem[] {
  return [
    ...smallMemory(policy),
    ...dataOfNode(policy),
    ...dataBelowLow(policy),
    ...smallProcesses(policy),
    ...kernelMemory(policy),
  ];
}

function smallMemory(policy: Policy): readonly Problem[] {
  const { limit } = policy.memory;
  if (limit === undefined || limit >= MEMORY_OF_SYSTEM) return [];
  const least = `where it is its init write at least ${bytesText(MEMORY_OF_SYSTEM)}`;
  return [small(policy, 'memory.rss.limit', `systemd does not come up with ${bytesText(limit)}; ${least}`)];
}

function dataOfNode(policy: Policy): readonly Problem[] {
  const { addressSpace } = policy.memory;
  if (addressSpace === undefined || addressSpace.enforce === 'swap' || addressSpace.limit >= DATA_OF_NODE) return [];
  const least = `where it is to run write at least ${bytesText(DATA_OF_NODE)}`;
  const says = `with ${bytesText(addressSpace.limit)} of data node 24 does not start; ${least}`;
  return [small(policy, 'memory.as.limit', says)];
}

// OpenVZ's rule for privvmpages and vmguarpages.
function dataBelowLow(policy: Policy): readonly Problem[] {
  const { addressSpace, low } = policy.memory;
  if (addressSpace === undefined || addressSpace.enforce === 'swap' || low === undefined) return [];
  if (addressSpace.limit >= low) return [];
  const amounts = `${bytesText(addressSpace.limit)} is less than memory.low, which is ${bytesText(low)}`;
  const says = `${amounts}; a process is refused memory that is kept for the guest: write no less`;
  return [small(policy, 'memory.as.limit', says)];
}

function smallProcesses(policy: Policy): readonly Problem[] {
  const { processes = PROCESSES_OF_SYSTEM } = policy;
  if (processes >= PROCESSES_OF_SYSTEM) return [];
  const least = `where it is its init write at least ${PROCESSES_OF_SYSTEM}`;
  return [
    small(policy, 'processes.limit', `systemd and its services hardly come up with ${processes} processes; ${least}`),
  ];
}

// OpenVZ's rule for kmemsize: half of the processes that there may be are there at a time.
function kernelMemory(policy: Policy): readonly Problem[] {
  const { memory, processes = 0 } = policy;
  const needed = (processes / 2) * KERNEL_BYTES_OF_PROCESS;
  if (memory.limit === undefined || memory.limit >= needed) return [];
  const limit = `memory.rss.limit is ${bytesText(memory.limit)}`;
  const says = `half of ${processes} processes need ${bytesText(needed)} for the kernel alone, and ${limit}; write fewer processes, or more memory`;
  return [small(policy, 'processes.limit', says)];
}

function small({ places }: Policy, key: WeighedKey, says: string): Problem {
  return { place: places[key], code: 'W_CONFIG_SMALL', says: `${key}: ${says}` };
}
