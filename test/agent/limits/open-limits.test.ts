import { expect, test } from 'vitest';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { startedStage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

test.each([
  ['guests may write their own limits', true, 1, ['W_LIMIT_OPEN']],
  ['the kernel keeps them from it', false, 1, []],
  ['nobody limits them', true, 0, []],
])('where %s the status and the log say so', async (_where, guestsMayWrite, policies, codes) => {
  const machine = new Machine();
  machine.guestsMayWrite = guestsMayWrite;
  const config = { ...configOf(), policies: Array.from({ length: policies }, () => policy({ processes: 7 })) };
  const { agent, log } = await startedStage(config, machine);
  const told = () => agent.control.status().warnings.map(({ code }) => code);
  expect(told().filter((code) => code === 'W_LIMIT_OPEN')).toEqual(codes);
  expect(log.filter(({ message }) => message.startsWith('W_LIMIT_OPEN'))).toHaveLength(codes.length);
});
