import { expect, test } from 'vitest';
import type { When } from '../../src/model/rule.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

async function hostWith(when: When) {
  const machine = new Machine();
  machine.guests.set('web1', undefined);
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] }, when })), machine);
  const answers = stage.host.hookAnswers;
  const starts = async (token: string) => {
    const { instance } = machine.start('web1');
    stage.agent.handle({ kind: 'guest-starts', guest: 'web1', token, initPid: instance.pid });
    await atRest();
  };
  const plug = async () => {
    machine.devices = [serial()];
    machine.uevent('udev', 'add', serial());
    await atRest();
  };
  const has = () => machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0');
  return { ...stage, answers, starts, plug, has };
}

test('a guest that has everything may go, and has its nodes before it goes', async () => {
  const { machine, answers, starts, has } = await hostWith({ kind: 'required' });
  machine.devices = [serial()];
  machine.uevent('udev', 'add', serial());
  await starts('t1');
  expect(answers).toEqual(['t1 go 0']);
  expect(has()).toBe(true);
});

test('what is optional keeps nobody waiting', async () => {
  const { answers, starts } = await hostWith({ kind: 'optional' });
  await starts('t1');
  expect(answers).toEqual(['t1 go 0']);
});

test('a guest without a device that is required is refused and told why; the next start is judged anew', async () => {
  const { agent, answers, starts, plug } = await hostWith({ kind: 'required' });
  await starts('t1');
  expect(answers).toEqual(['t1 refuse 0']);
  const told = agent.control.events(0).find(({ says }) => says.startsWith('E_REQUIRED'));
  expect(told).toMatchObject({ guest: 'web1', severity: 'error' });
  await plug();
  await starts('t2');
  expect(answers).toEqual(['t1 refuse 0', 't2 go 0']);
});

test('a guest waits for its device, goes when it comes, and is answered no more when the time is over', async () => {
  const { machine, answers, starts, plug, has } = await hostWith({ kind: 'wait', waitMs: 2_500 });
  await starts('t1');
  expect(answers).toEqual(['t1 wait 3']);
  await machine.clock.pass(1_000);
  await plug();
  expect(answers).toEqual(['t1 wait 3', 't1 go 0']);
  expect(has()).toBe(true);
  await machine.clock.pass(60_000);
  expect(answers).toHaveLength(2);
});

test('a guest goes without its device when the time is over', async () => {
  const { machine, answers, starts } = await hostWith({ kind: 'wait', waitMs: 2_500 });
  await starts('t1');
  await machine.clock.pass(2_499);
  expect(answers).toEqual(['t1 wait 3']);
  await machine.clock.pass(1);
  expect(answers).toEqual(['t1 wait 3', 't1 go 0']);
});

test('another device that comes meanwhile does not make the wait longer', async () => {
  const { machine, agent, answers, starts } = await hostWith({ kind: 'wait', waitMs: 2_500 });
  await starts('t1');
  for (let times = 0; times < 3; times += 1) {
    await machine.clock.pass(500);
    agent.handle({ kind: 'uevents-lost', reason: 'gap' });
    await atRest();
  }
  expect(answers).toEqual(['t1 wait 3']);
  await machine.clock.pass(1_000);
  expect(answers).toEqual(['t1 wait 3', 't1 go 0']);
});
