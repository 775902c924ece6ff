import { describe, expect, test } from 'vitest';
import type { Device } from '../../src/model/device.ts';
import { failures } from '../../src/model/failure.ts';
import type { When } from '../../src/model/rule.ts';
import { rule, serial } from '../devices/make.ts';
import { pathsOf, webcam } from '../devices/webcam.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

async function hostWith(when: When, only = rule('port', { match: { subsystem: ['tty'] }, when })) {
  const machine = new Machine();
  machine.guests.set('web1', undefined);
  const stage = await startedStage(configOf(only), machine);
  const answers = stage.host.hookAnswers;
  const starts = async (token: string) => {
    const { instance } = machine.start('web1');
    stage.agent.handle({ kind: 'guest-starts', guest: 'web1', token, initPid: instance.pid });
    await atRest();
  };
  const comes = async (...devices: readonly Device[]) => {
    machine.devices = [...machine.devices, ...devices];
    for (const device of devices) machine.uevent('udev', 'add', device);
    await atRest();
  };
  const plug = () => comes(serial());
  const unplug = async () => {
    machine.devices = [];
    machine.uevent('kernel', 'remove', serial());
    await atRest();
  };
  const has = () => machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0');
  return { ...stage, answers, starts, comes, plug, unplug, has };
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

test.each([
  ['lxc', 'W_NO_HOOK', 'lxc.hook.start-host'],
  ['nspawn', 'W_WHEN_LXC', 'leave "when" out'],
] as const)('a guest of %s that starts without asking is told of, and how to put that right', async (...words) => {
  const [runtime, code, remedy] = words;
  const machine = new Machine();
  machine.runtime = runtime;
  machine.guests.set('web1', undefined);
  const needed = rule('port', { match: { subsystem: ['tty'] }, when: { kind: 'required' } });
  const { agent } = await startedStage(configOf(needed), machine);
  machine.start('web1');
  await machine.clock.pass(4_000);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
  await machine.clock.pass(2_000);
  expect(agent.control.guest('web1')?.refusals).toEqual([{ code, subject: 'web1', detail: 'required' }]);
  expect(failures[code].remedy).toContain(remedy);
});

test.each([
  ['is limited only then by its runtime is not told to be open', 'confined', []],
  ['stays so is told to be open when its runtime has had the time', 'open', ['W_OPEN_POLICY']],
] as const)('a guest that is seen in its start without a device policy and %s', async (_what, later, told) => {
  const machine = new Machine();
  machine.guests.set('web1', undefined);
  const { agent } = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  const codes = () =>
    agent.control.events(0).flatMap(({ kind, says }) => (kind === 'refusal' ? says.split(' ')[0] : []));
  const start = machine.start('web1', 'open');
  await machine.clock.pass(100);
  expect(agent.control.guest('web1')).toMatchObject({ policy: 'open' });
  start.world = { ...start.world, policy: later };
  await machine.clock.pass(4_800);
  expect(codes()).toEqual([]);
  await machine.clock.pass(2_000);
  expect(codes()).toEqual(told);
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

describe('what is given and kept back', () => {
  const cam = (when: When) => rule('cam', { match: { attr: { idProduct: ['0825'] } }, take: 'whole', when });
  const parts = webcam('1-3');
  const [usb, ...others] = parts;

  /** A webcam of which only its USB node has come. */
  async function half(when: When) {
    const stage = await hostWith(when, cam(when));
    await stage.comes(usb ?? serial());
    return stage;
  }

  test('a guest waits for the other parts of a device that it needs, and has all of it before it goes', async () => {
    const { answers, starts, comes, machine } = await half({ kind: 'required' });
    await starts('t1');
    await machine.clock.pass(1_000);
    expect(answers).toEqual(['t1 wait 5']);
    await comes(...others);
    expect(answers).toEqual(['t1 wait 5', 't1 go 0']);
    expect([...(machine.guests.get('web1')?.world.files.keys() ?? [])]).toEqual(
      expect.arrayContaining([...pathsOf(parts)]),
    );
    await machine.clock.pass(60_000);
    expect(answers).toHaveLength(2);
  });

  test('it is let go when the parts that do not come are not waited for any longer', async () => {
    const { answers, starts, machine } = await half({ kind: 'required' });
    await starts('t1');
    await machine.clock.pass(2_999);
    expect(answers).toEqual(['t1 wait 5']);
    await machine.clock.pass(1);
    expect(answers).toEqual(['t1 wait 5', 't1 go 0']);
    expect(machine.guests.get('web1')?.world.files.has(usb?.node ?? '')).toBe(true);
  });

  test('it is let go by a rule that waits for less long than they come', async () => {
    const { answers, starts, machine } = await half({ kind: 'wait', waitMs: 2_000 });
    await starts('t1');
    await machine.clock.pass(1_999);
    expect(answers).toEqual(['t1 wait 2']);
    await machine.clock.pass(1);
    expect(answers).toEqual(['t1 wait 2', 't1 go 0']);
  });

  test('it is refused as soon as the device has gone', async () => {
    const { answers, starts, machine } = await half({ kind: 'required' });
    await starts('t1');
    machine.devices = [];
    machine.uevent('kernel', 'remove', usb ?? serial());
    await atRest();
    expect(answers).toEqual(['t1 wait 5', 't1 refuse 0']);
  });

  test('it waits for another guest to let go, and is refused when that does not', async () => {
    const port = (guest: string) =>
      rule('port', { match: { subsystem: ['tty'] }, guests: [guest], exclusive: true, when: { kind: 'required' } });
    const { agent, answers, starts, machine, configuration } = await hostWith({ kind: 'required' }, port('web2'));
    machine.devices = [serial()];
    const other = machine.start('web2');
    agent.handle({ kind: 'uevents-lost', reason: 'gap' });
    await machine.clock.pass(1_000);
    expect(other.world.files.has('/dev/ttyUSB0')).toBe(true);
    const holder = { pid: 31, startTime: '99', command: 'scand', number: 'c:188:0' } as const;
    other.world = { ...other.world, holders: [holder] };
    configuration.write({ ok: true, config: configOf(port('web1')), warnings: [] });
    await agent.control.reload({ uid: 0, pid: 1 });
    await starts('t1');
    await machine.clock.pass(4_999);
    expect(answers).toEqual(['t1 wait 5']);
    await machine.clock.pass(1);
    expect(answers).toEqual(['t1 wait 5', 't1 refuse 0']);
    const told = agent.control.events(0).map(({ says }) => says);
    expect(told).toContainEqual(
      expect.stringMatching(/^E_REQUIRED web1: .* what matches it does not come into the guest/),
    );
    await starts('t2');
    await machine.clock.pass(1_000);
    other.world = { ...other.world, holders: [] };
    await machine.clock.pass(4_000);
    expect(answers.slice(2)).toEqual(['t2 wait 5', 't2 go 0']);
  });

  test('it waits for a node that cannot be made, and goes when it can', async () => {
    const { answers, starts, machine, has, plug } = await hostWith({ kind: 'required' });
    await plug();
    machine.refuse = (_guest, what) =>
      what.startsWith('make-node') ? { errno: 'ENOSPC', call: 'mknodat', subject: '' } : undefined;
    await starts('t1');
    await machine.clock.pass(100);
    expect(answers).toEqual(['t1 wait 5']);
    machine.refuse = () => undefined;
    await machine.clock.pass(1_000);
    expect(answers).toEqual(['t1 wait 5', 't1 go 0']);
    expect(has()).toBe(true);
  });

  test('one that is held off since it flaps is not there', async () => {
    const { agent, answers, starts, plug, unplug } = await hostWith({ kind: 'required' });
    for (let time = 0; time < 20; time += 1) {
      await plug();
      await unplug();
    }
    await plug();
    await starts('t1');
    expect(answers).toEqual(['t1 refuse 0']);
    const told = agent.control.events(0).map(({ says }) => says);
    expect(told).toContainEqual(expect.stringMatching(/^E_REQUIRED web1: .* what matches it cannot be given/));
  });
});
