import { bytesText, shareText } from '../model/amount-text.ts';
import type { Beancounter } from './beancounters.ts';
import { rateOf } from './bucket.ts';
import type { Site } from './promise.ts';
import type { Split } from './split.ts';

const LEVELS = [
  'everything fits, and any value may be raised',
  "the kernel's memory is scarce: raise the number of processes with care",
  'everything is scarce: raise nothing',
] as const;

/** A policy as a file of policies/ has it, one line each, with the arithmetic beside it. */
export function writtenSplit(split: Split, { capacity }: Site, name: string): readonly string[] {
  const { guests, level, systemBytes, shareBytes, kernelBytes, memory, processes, bucket, findings } = split;
  const both = `${bytesText(capacity.ramBytes)} of memory and ${bytesText(capacity.swapBytes)} of swap`;
  return [
    `# One of ${guests} equal guests on a host with ${both}, ${capacity.cpus} processors and ${capacity.processes} processes.`,
    `# Commitment level ${level}: ${LEVELS[level]}.`,
    `# For the host: ${bytesText(systemBytes)}. For each guest: (memory + swap - ${bytesText(systemBytes)}) / ${guests} = ${bytesText(shareBytes)},`,
    `# of which ${bytesText(kernelBytes)} are for the kernel's own memory. As OpenVZ had it, barrier:limit:`,
    ...parameterLines(split),
    ...findings.map(({ level, says }) => `# ${level}: ${says}`),
    `policy: ${name}`,
    'memory:',
    `  rss: { limit: ${kibText(memory.limit)} } # ${bytesText(memory.limit)}: its part of the memory`,
    `  as: { limit: ${kibText(memory.addressSpace)} } # ${bytesText(memory.addressSpace)}: privvmpages, and the kernel's own`,
    `  low: ${kibText(memory.low)} # ${bytesText(memory.low)}: its part of the memory without the kernel's own`,
    `processes: { limit: ${processes} } # numproc, and no more than its part of what the host has`,
    'cpu:',
    `  bucket: { rate: ${bucket.rate}, interval: ${bucket.interval}, size: ${bucket.size} } # ${shareText(rateOf(bucket))} of a processor`,
    '  guarantee: true',
  ];
}

const SHOWN: readonly Beancounter[] = [
  'vmguarpages',
  'oomguarpages',
  'privvmpages',
  'physpages',
  'swappages',
  'kmemsize',
  'dcachesize',
  'numproc',
  'avnumproc',
  'numfile',
  'tcpsndbuf',
  'othersockbuf',
];

function parameterLines({ beancounters }: Split): readonly string[] {
  return SHOWN.flatMap((name) => {
    const bounds = beancounters[name];
    return bounds === undefined ? [] : [`#   ${name.padEnd(12)} ${bounds.barrier}:${endText(bounds.limit)}`];
  });
}

function endText(limit: number): string {
  return Number.isFinite(limit) ? String(limit) : 'max';
}

// Whole pages, and a page is four.
function kibText(bytes: number): string {
  return `${bytes / 1024}KiB`;
}
