import { expect, test } from 'vitest';
import { watch } from '../../src/agent/watchdog.ts';
import { rule, serial } from '../devices/make.ts';
import { handClock } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';

const CONFIG = configOf(rule('port', { match: { subsystem: ['tty'] } }));

function host(): Machine {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  return machine;
}

test('is told twice within the patience, nothing while the agent does not get on, and again when it does', async () => {
  const clock = handClock();
  const told: number[] = [];
  let goesOn = true;
  watch({ patienceMs: 30_000, goesOn: () => goesOn, tell: async () => told.push(clock.now()) }, clock);
  const start = clock.now();
  await clock.pass(30_000);
  expect(told).toEqual([start + 15_000, start + 30_000]);
  goesOn = false;
  await clock.pass(60_000);
  expect(told).toHaveLength(2);
  goesOn = true;
  await clock.pass(15_000);
  expect(told).toHaveLength(3);
});

test('an executor that does not answer is no progress: nothing further is told', async () => {
  const clock = handClock();
  let asked = 0;
  const tell = () => {
    asked += 1;
    return new Promise(() => {});
  };
  watch({ patienceMs: 30_000, goesOn: () => true, tell }, clock);
  await clock.pass(120_000);
  expect(asked).toBe(1);
});

test('an agent gets on while nothing happens', async () => {
  const { machine, agent } = await startedStage(CONFIG, host());
  await machine.clock.pass(3_600_000);
  expect(agent.goesOn()).toBe(true);
});

test('it does not while a pass stands still for minutes', async () => {
  const machine = host();
  const ports = portsOf(machine, CONFIG);
  const observe = () => new Promise<never>(() => {});
  const { agent } = stage(machine, CONFIG, { ...ports, executor: { ...ports.executor, observe } });
  void agent.start();
  await machine.clock.pass(299_000);
  expect(agent.goesOn()).toBe(true);
  await machine.clock.pass(2_000);
  expect(agent.goesOn()).toBe(false);
});

test('it does not while the stop of a guest stands still for minutes', async () => {
  const machine = host();
  const ports = portsOf(machine, CONFIG);
  const stands = () => new Promise<never>(() => {});
  const { agent } = stage(machine, CONFIG, { ...ports, life: { ...ports.life, kill: stands } });
  void agent.start();
  await machine.clock.pass(1000);
  machine.onHalt = () => {};
  await agent.control.stop('web1', { kill: true }, { uid: 0, pid: 1 });
  await machine.clock.pass(200_000);
  expect(agent.goesOn()).toBe(true);
  await machine.clock.pass(200_000);
  expect(agent.goesOn()).toBe(false);
});
