import { expect, test } from 'vitest';
import type { Policy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { type Stage, startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const caller = { uid: 0, pid: 1 };

/** Of the 4 GiB of the machine in memory. */
function keeping(min: number, guests = ['*']): Policy {
  return policy({ name: 'keeping', guests, memory: { min, limit: 2 * GiB } });
}

async function running(policies: readonly Policy[], ...guests: readonly string[]): Promise<Stage> {
  const machine = new Machine();
  for (const guest of guests) machine.start(guest);
  return startedStage({ ...configOf(), policies }, machine);
}

function limitsOf({ machine }: Stage, guest: string) {
  const { 'memory.min': min, 'memory.max': max } = machine.guests.get(guest)?.limits ?? {};
  return { min, max };
}

function refusalsOf({ agent }: Stage, guest: string) {
  return agent.control.guest(guest)?.refusals ?? [];
}

const KEPT = { min: `${1536 * MiB}`, max: `${2 * GiB}` };
const LIMITED = { min: '0', max: `${2 * GiB}` };

test('a guest that starts later and does not fit has the rest of its policy, and is told', async () => {
  const made = await running([keeping(1536 * MiB)], 'web1', 'web2');
  made.machine.start('db1');
  await atRest();
  expect(['web1', 'web2', 'db1'].map((guest) => limitsOf(made, guest))).toEqual([KEPT, KEPT, LIMITED]);
  expect(refusalsOf(made, 'web1')).toEqual([]);
  expect(refusalsOf(made, 'db1')).toEqual([
    {
      code: 'E_GUARANTEE',
      subject: 'db1',
      detail: 'memory.min: it wants 1.5GiB of memory, and 1GiB of 4GiB is left (web1 1.5GiB, web2 1.5GiB)',
    },
  ]);
});

test('it has it as soon as another one ends, and the other one, which starts again, does not', async () => {
  const made = await running([keeping(1536 * MiB)], 'web1', 'web2', 'db1');
  made.machine.stop('web1');
  await atRest();
  expect(limitsOf(made, 'db1')).toEqual(KEPT);
  expect(refusalsOf(made, 'db1')).toEqual([]);
  made.machine.start('web1');
  await atRest();
  expect(limitsOf(made, 'web1')).toEqual(LIMITED);
  expect(limitsOf(made, 'db1')).toEqual(KEPT);
});

test('a reload that guarantees more than the host has is refused before anything is written', async () => {
  const made = await running([keeping(GiB)], 'web1', 'web2', 'db1');
  const asked = made.machine.asked.length;
  made.configuration.write({ ok: true, config: { ...configOf(), policies: [keeping(1536 * MiB)] }, warnings: [] });
  const { problems } = await made.agent.control.reload(caller);
  await atRest();
  expect(problems).toEqual([
    {
      place: { file: 'policies/some.yaml', line: 1, column: 1 },
      code: 'E_GUARANTEE',
      says:
        'memory.min: a guarantee does not fit this host: 4.5GiB of memory is guaranteed and 4GiB is there: ' +
        'db1 1.5GiB, web1 1.5GiB, web2 1.5GiB; lower it in a policy, leave it out of one, or give fewer guests such a policy',
    },
  ]);
  expect(made.machine.asked.slice(asked).filter((line) => line.startsWith('host limit'))).toEqual([]);
  expect(limitsOf(made, 'db1')).toEqual({ min: `${GiB}`, max: `${2 * GiB}` });
  expect(made.agent.control.status().config.problems).toEqual(problems);
});

test('such a configuration is in force as soon as a guest is gone for which it was too much', async () => {
  const made = await running([keeping(GiB)], 'web1', 'web2', 'db1');
  const wanted = { ...configOf(), policies: [keeping(1536 * MiB)] };
  made.configuration.write({ ok: true, config: wanted, warnings: [] });
  expect((await made.agent.control.reload(caller)).problems).toHaveLength(1);
  made.machine.stop('db1');
  await atRest();
  expect(made.agent.control.status().config.problems).toHaveLength(1);
  made.machine.guests.delete('db1');
  made.machine.folderChanged('db1');
  await atRest();
  expect(made.agent.control.status().config.problems).toEqual([]);
  expect(limitsOf(made, 'web2')).toEqual(KEPT);
});

test('a guest whose policy is nothing but a guarantee that does not fit is told, too', async () => {
  const only = policy({ guests: ['*'], memory: { min: 3 * GiB } });
  const made = await running([only], 'web1', 'web2');
  expect(refusalsOf(made, 'web2')).toMatchObject([{ code: 'E_GUARANTEE', subject: 'web2' }]);
  expect(made.machine.guests.get('web2')?.limits['memory.min']).toBe('0');
});
