import { readFileSync } from 'node:fs';
import type { DataGiven, DataHeld, DataLimit } from '../model/data-limit.ts';
import type { Reply } from './channel.ts';

/** RLIMIT_DATA of a process; undefined: it has ended. */
export function readDataLimit(pid: number): DataLimit | undefined {
  try {
    return dataLimitIn(readFileSync(`/proc/${pid}/limits`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Of /proc/PID/limits; undefined: there is no such line, as for a process that is ending. */
export function dataLimitIn(text: string): DataLimit | undefined {
  const [, soft, hard] = /^Max data size +(\w+) +(\w+) /m.exec(text) ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  return { ...ending('soft', soft), ...ending('hard', hard) };
}

/** The words of `limit-data`. */
export function dataWords(bytes: number | undefined, before?: DataGiven): readonly string[] {
  const formers = (before?.given ?? []).filter((former) => former !== bytes);
  if (before === undefined || formers.length === 0) return [word(bytes)];
  return [bytes, before.own.soft, before.own.hard, ...formers].map(word);
}

/** The answer of `data-held` and `share-data`. */
export function heldData({ words: [processes, sum, largest] }: Pick<Reply, 'words'>): DataHeld {
  return { processes: Number(processes), sum: Number(sum), largest: Number(largest) };
}

function ending<Key extends string>(key: Key, text: string): Readonly<Record<Key, number>> | object {
  return text === 'unlimited' ? {} : { [key]: Number(text) };
}

function word(bytes: number | undefined): string {
  return bytes === undefined ? 'max' : `${bytes}`;
}
