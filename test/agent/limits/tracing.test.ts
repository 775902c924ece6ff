import { expect, test } from 'vitest';
import type { Policy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const BY_DATA = policy({ guests: ['web*'], memory: { addressSpace: { limit: 64 * MiB, enforce: 'data' } } });
const BY_BOTH = policy({
  guests: ['web*'],
  memory: { limit: 32 * MiB, addressSpace: { limit: 64 * MiB, enforce: 'both' } },
});
const ALERTED = policy({ guests: ['web*'], alerts: { as: { raise: 0.9, clear: 0.8, forMs: 0 } } });
const OTHER = policy({ guests: ['web*'], processes: 40 });

function withGuests(...names: readonly string[]): Machine {
  const machine = new Machine();
  for (const name of names) machine.start(name);
  return machine;
}

const running = (machine: Machine, ...policies: readonly Policy[]) =>
  startedStage({ ...configOf(), policies }, machine);
const asked = ({ machine }: Stage) => machine.asked.filter((line) => line.includes('trace-refusals'));
const said = ({ log }: Stage) => log.filter(({ message }) => message.includes('W_TRACE')).length;

test.each([
  [BY_DATA, 1],
  [BY_BOTH, 1],
  [ALERTED, 0],
  [OTHER, 0],
])('is asked for where a policy is about it, once', async (one, times) => {
  const made = await running(withGuests('web1', 'web2'), one);
  await made.machine.clock.pass(30_000);
  expect(asked(made)).toEqual(Array(times).fill('host trace-refusals'));
});

test('goes on until the last guest with such a policy has ended', async () => {
  const made = await running(withGuests('web1', 'web2', 'other'), BY_DATA);
  made.machine.stop('web1');
  await atRest();
  expect(asked(made)).toHaveLength(1);
  made.machine.stop('web2');
  await atRest();
  expect(asked(made)).toEqual(['host trace-refusals', 'host untrace-refusals']);
  made.machine.start('web1');
  await atRest();
  expect(asked(made).at(-1)).toBe('host trace-refusals');
});

test('ends with the policy', async () => {
  const made = await running(withGuests('web1'), BY_DATA);
  made.configuration.write({ ok: true, config: { ...configOf(), policies: [OTHER] }, warnings: [] });
  await made.agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
  expect(asked(made)).toEqual(['host trace-refusals', 'host untrace-refusals']);
});

test('is asked of another executor again', async () => {
  const made = await running(withGuests('web1'), BY_DATA);
  made.machine.killExecutor();
  await made.machine.clock.pass(30_000);
  expect(asked(made)).toEqual(['host trace-refusals', 'host trace-refusals']);
});

test('where it cannot be had that is said once, and shown of those guests that it is about', async () => {
  const machine = withGuests('web1', 'web2', 'other');
  machine.refuse = (_, what) =>
    what === 'trace-refusals' ? { errno: 'EPERM', call: 'tracefs', subject: 'instances' } : undefined;
  const made = await running(machine, BY_DATA, { ...OTHER, guests: ['other'] });
  await machine.clock.pass(30_000);
  expect(said(made)).toBe(1);
  const refusal = { code: 'W_TRACE', subject: 'tracefs', detail: 'instances EPERM' };
  expect(made.agent.control.status()).toMatchObject({ converged: true, warnings: [refusal] });
  const shown = made.agent.control.limits().map(({ guest, refusals }) => [guest, refusals]);
  expect(shown).toEqual([
    ['web1', [refusal]],
    ['web2', [refusal]],
    ['other', []],
  ]);
  for (const name of ['web1', 'web2']) machine.stop(name);
  await atRest();
  expect(made.agent.control.status().warnings).toEqual([]);
});
