import { expect, test } from 'vitest';
import { atRest } from '../../fakes/clock.ts';
import type { Stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';
import { running, withGuest } from './running.ts';

const MiB = 2 ** 20;
const BY_DATA = policy({ guests: ['*'], memory: { addressSpace: { limit: 64 * MiB, enforce: 'data' } } });

function refuses({ agent }: Stage, count: number, below = '', pid = 101): void {
  agent.handle({ kind: 'refused', count, pid, command: 'hog', cgroup: `/lxc.payload.web1${below}` });
}

const hits = ({ agent }: Stage) =>
  agent.control.limits('web1')[0]?.rows.find(({ resource }) => resource === 'as')?.hits;
const told = ({ agent }: Stage) =>
  agent.control.events(0).flatMap(({ kind, says }) => (kind === 'alert' ? [says] : []));

test('a refused allocation is counted, and told at once with who asked for it', async () => {
  const made = await running(withGuest(), memoryStore(), BY_DATA);
  refuses(made, 2, '/a.service');
  await atRest();
  expect(hits(made)).toBe(2);
  expect(told(made)).toEqual(['web1: address space: 2 hits, hog (process 101)']);
});

test('more of them are counted, and told when it is over', async () => {
  const made = await running(withGuest(), memoryStore(), BY_DATA);
  for (let times = 0; times < 50; times += 1) {
    refuses(made, 1000, '', 101 + times);
    await made.machine.clock.pass(50);
  }
  expect(hits(made)).toBe(50_000);
  await made.machine.clock.pass(300_000);
  expect(told(made)).toEqual([
    'web1: address space: 1000 hits, hog (process 101)',
    expect.stringMatching(
      /^web1: address space: 50000 hits in \d+ s, hog \(process 143\), .*, hog \(process 150\), over now$/,
    ),
  ]);
});

test('what was counted stays so for the next agent, and when the guest has ended', async () => {
  const [machine, store] = [withGuest(), memoryStore()];
  const first = await running(machine, store, BY_DATA);
  refuses(first, 37);
  await machine.clock.pass(2_000);
  machine.line.cut();
  machine.startExecutor();
  const next = await running(machine, store, BY_DATA);
  expect(hits(next)).toBe(37);
  refuses(next, 1);
  machine.stop('web1');
  await atRest();
  expect(hits(next)).toBe(38);
});

test('what a process of the host, or of a guest whose policy says nothing of it, is refused is nobody’s', async () => {
  const bySwap = policy({
    guests: ['*'],
    memory: { limit: 32 * MiB, addressSpace: { limit: 64 * MiB, enforce: 'swap' } },
  });
  const made = await running(withGuest(), memoryStore(), bySwap);
  refuses(made, 1);
  made.agent.handle({ kind: 'refused', count: 1, pid: 7, command: 'x', cgroup: '/user.slice' });
  await atRest();
  expect(hits(made)).toBe(0);
  expect(told(made)).toEqual([]);
});

test('what was refused to nobody knows whom is counted by its reason', async () => {
  const made = await running(withGuest(), memoryStore(), BY_DATA);
  made.agent.handle({ kind: 'refused-unknown', count: 3, reason: 'gone' });
  made.agent.handle({ kind: 'refused-unknown', count: 4, reason: 'lost' });
  made.agent.handle({ kind: 'refused-unknown', count: 5, reason: 'lost' });
  const { counters } = made.agent.control.status();
  expect(counters).toMatchObject({ memory_refusals_gone_total: 3, memory_refusals_lost_total: 9 });
  expect(hits(made)).toBe(0);
});
