import { expect, test } from 'vitest';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';

async function host() {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  const opens = () => machine.asked.filter((what) => what === 'web1 open').length;
  const told = (code: string) => stage.log.filter(({ message }) => message.startsWith(code)).length;
  return Object.assign(stage, { opens, told });
}

test('an executor that ends is started again at once, and what happened meanwhile is seen', async () => {
  const { machine, agent, opens } = await host();
  machine.killExecutor();
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  await machine.clock.pass(50);
  expect(opens()).toBe(2);
  expect(machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0')).toBe(true);
  expect(agent.control.guest('web1')).toMatchObject({ state: 'running', converged: true });
});

test('one that keeps ending is started later and later, and told each time', async () => {
  const { machine, opens, told } = await host();
  const lives: number[] = [];
  for (const wait of [50, 100, 200, 400]) {
    machine.killExecutor();
    await machine.clock.pass(wait - 1);
    lives.push(opens());
    await machine.clock.pass(1);
    lives.push(opens());
  }
  expect(lives).toEqual([1, 2, 2, 3, 3, 4, 4, 5]);
  expect(told('E_EXECUTOR')).toBe(4);
});

test('one that ran well for a minute is started again at once', async () => {
  const { machine, opens } = await host();
  for (let times = 0; times < 3; times += 1) {
    machine.killExecutor();
    await machine.clock.pass(61_000);
  }
  machine.killExecutor();
  await machine.clock.pass(50);
  expect(opens()).toBe(5);
});

test('each further executor claims the guests once, before anybody can ask', async () => {
  const stage = await host();
  expect(stage.claims).toBe(0);
  stage.machine.killExecutor();
  await stage.machine.clock.pass(61_000);
  expect(stage.claims).toBe(1);
});

test('sockets that cannot be opened again are told once and tried again, and guests are looked after meanwhile', async () => {
  const stage = await host();
  const { machine, told } = stage;
  stage.socketTrouble = { code: 'E_RUN_FOLDER', subject: '/run/hostler', detail: 'bind ENOSPC' };
  machine.killExecutor();
  await machine.clock.pass(5_000);
  expect(told('E_RUN_FOLDER')).toBe(1);
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  await atRest();
  expect(machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0')).toBe(true);
  stage.socketTrouble = undefined;
  await machine.clock.pass(120_000);
  expect(await machine.atRest()).toBeUndefined();
});

test('a start that the agent before had begun goes on, also where the first executor has told of no guest', async () => {
  const machine = new Machine();
  machine.guests.set('db1', undefined);
  const config = { ...configOf(), guests: [{ guest: 'db1', start: USUAL_START }] };
  const ports = portsOf(machine, config);
  const begun = { guest: 'db1', settings: USUAL_START, phase: 'waiting', since: 0 } as const;
  ports.store.saveStarts({ bootId: machine.clock.bootId, hasBooted: true, starts: [begun] });
  const { agent } = stage(machine, config, ports);
  machine.killExecutor();
  const started = agent.start();
  await machine.clock.pass(5_000);
  await started;
  expect(agent.control.guest('db1')).toMatchObject({ state: 'running' });
});

test('an agent is not ready before an executor has told it whom there is: it starts those of the boot then, and all are stopped', async () => {
  const machine = new Machine();
  machine.start('web1');
  machine.start('db1');
  machine.stop('db1');
  const guests = [{ guest: 'db1', start: { ...USUAL_START, auto: true } }];
  const { agent } = stage(machine, { ...configOf(), guests });
  machine.killExecutor();
  let isReady = false;
  const started = agent.start().then(() => {
    isReady = true;
  });
  await atRest();
  expect(isReady).toBe(false);
  await machine.clock.pass(50);
  await started;
  await machine.clock.pass(3_000);
  expect(agent.control.guest('db1')).toMatchObject({ state: 'running' });
  const views = await agent.control.stopTogether({ mark: undefined }, { kill: false }, { uid: 0, pid: 1 });
  expect(views.map(({ guest }) => guest).sort()).toEqual(['db1', 'web1']);
});
