import { expect, test } from 'vitest';
import { guestFamilies } from '../../src/report/guest-metrics.ts';
import { web1 } from '../control/agent-value.ts';
import { everything } from './everything.ts';

function seriesOf(name: string): readonly string[] {
  const found = [...guestFamilies(everything.guests)].find((family) => family.name === name);
  return (found?.samples ?? []).map(({ labels, value }) => `${Object.values(labels ?? {}).join(' ')} ${value}`);
}

const MiB = 2 ** 20;

test.each([
  ['hostler_guest_up', ['scan1 1', 'web1 0']],
  ['hostler_guest_converged', ['scan1 1', 'web1 0']],
  ['hostler_guest_nodes', ['scan1 1', 'web1 0']],
  ['hostler_guest_refusals', ['web1 E_NODE_FOREIGN 1']],
  ['hostler_guest_unclean', ['scan1 1', 'web1 0']],
  ['hostler_guest_crashes', ['scan1 3', 'web1 0']],
  ['hostler_guest_reboots', ['scan1 2', 'web1 0']],
  ['hostler_guest_stops_killed', ['scan1 1']],
  ['hostler_guest_last_stop_seconds', ['scan1 2.5']],
  ['hostler_guest_last_pass_timestamp_seconds', [`scan1 ${Date.parse('2026-03-01T11:59:00Z') / 1000}`]],
  ['hostler_guest_limits_read_timestamp_seconds', ['scan1 1772366340']],
  ['hostler_guest_held_bytes', [`scan1 rss ${123 * MiB}`, `scan1 as ${123 * MiB}`]],
  ['hostler_guest_peak_bytes', [`scan1 rss ${500.5 * MiB}`]],
  ['hostler_guest_barrier_bytes', [`scan1 rss ${384 * MiB}`]],
  ['hostler_guest_limit_bytes', [`scan1 rss ${512 * MiB}`, `scan1 as ${768 * MiB}`]],
  ['hostler_guest_held', ['scan1 processes 12']],
  ['hostler_guest_peak', ['scan1 processes 30']],
  ['hostler_guest_barrier', []],
  ['hostler_guest_limit', ['scan1 processes 512']],
  [
    'hostler_guest_limit_hits_total',
    ['scan1 rss 3', 'scan1 as 0', 'scan1 swap 0', 'scan1 oom 1', 'scan1 processes 0', 'scan1 cpu 4711', 'web1 rss 3'],
  ],
  ['hostler_guest_cpu_seconds_total', ['scan1 7261.5']],
  ['hostler_guest_cpu_throttled_seconds_total', ['scan1 942.2']],
  ['hostler_guest_cpu_limit_cores', ['scan1 0.25']],
  ['hostler_guest_cpu_tokens_seconds', ['scan1 -0.02']],
  ['hostler_guest_cpu_bucket_seconds', ['scan1 4']],
  ['hostler_guest_cpu_held', ['scan1 1']],
])('%s', (name, series) => {
  expect(seriesOf(name)).toEqual(series);
});

test('of address space, what was refused and how often swap was used up are apart', () => {
  const rows = [{ resource: 'as', unit: 'bytes', hits: 7, swapHits: 5 }] as const;
  const [samples] = [...guestFamilies([{ guest: web1, rows }])].flatMap(({ name, samples: all }) =>
    name === 'hostler_guest_limit_hits_total' ? [all] : [],
  );
  expect(samples?.map(({ labels, value }) => [labels?.resource, value])).toEqual([
    ['as', 2],
    ['swap', 5],
  ]);
});
