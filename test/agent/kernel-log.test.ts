import { expect, test } from 'vitest';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const said = (log: readonly { readonly message: string }[]) =>
  log.filter(({ message }) => message.includes('W_KERNEL_LOG'));

test('a log of the kernel that cannot be read is told of, once for each executor, and one that can is not', async () => {
  const machine = new Machine();
  machine.refuse = (_, what) =>
    what === 'kernel-log' ? { errno: 'EPERM', call: 'kernel-log', subject: '' } : undefined;
  const { log } = await startedStage(configOf(), machine);
  expect(said(log)).toMatchObject([{ message: expect.stringContaining('/dev/kmsg: the kernel does not say') }]);
  const other = await startedStage(configOf());
  expect(said(other.log)).toEqual([]);
});
