import { expect, test } from 'vitest';
import type { Failed } from '../../src/ports/executor.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage, startedStage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

const port = rule('port', { match: { subsystem: ['tty'] }, links: ['/dev/port'], node: { path: '/dev/line/a' } });

/** A guest that runs beside one serial adapter. */
function machineWithGuest(): Machine {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  return machine;
}

function fails(what: string, failed: Failed) {
  return (_guest: string, asked: string) => (asked === what ? failed : undefined);
}

const FULL: Failed = { errno: 'ENOSPC', call: 'mknodat', subject: '' };

test('a pass watches, looks, plans, and then does: allowed first, outermost first, links last', async () => {
  const { machine } = await startedStage(configOf(port), machineWithGuest());
  const first = machine.asked.filter((line) => line.startsWith('web1 ')).slice(0, 12);
  expect(first).toEqual([
    'web1 open',
    'web1 watch /dev /dev/line /etc',
    'web1 read-file /etc/passwd',
    'web1 read-file /etc/group',
    'web1 observe',
    'web1 grants',
    'web1 grant c:188:0',
    'web1 make-folder /dev/line',
    'web1 make-node /dev/line/a',
    'web1 make-link /dev/port',
    expect.stringMatching(/^web1 /),
    expect.stringMatching(/^web1 /),
  ]);
});

test('what will be made is written down before it is made, and what was made afterwards', async () => {
  const machine = machineWithGuest();
  const store = memoryStore();
  const before: unknown[] = [];
  machine.onAction = (_guest, { verb }) => {
    if (verb === 'make-node') before.push(store.ledger('web1')?.nodes);
  };
  const config = configOf(port);
  await stage(machine, config, portsOf(machine, config, store)).agent.start();
  const node = { path: '/dev/line/a', number: 'c:188:0', rule: 'port' };
  expect(before).toMatchObject([[node]]);
  expect(before).not.toMatchObject([[{ ownership: {} }]]);
  expect(store.ledger('web1')?.nodes).toMatchObject([{ ...node, ownership: { mode: 0o660, uid: 0, gid: 20 } }]);
});

test('a second pass does nothing and says nothing', async () => {
  const { machine, agent, log } = await startedStage(configOf(port), machineWithGuest());
  await machine.clock.pass(1_000);
  const [asked, told] = [machine.asked.length, log.length];
  agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
  await atRest();
  expect(machine.asked.slice(asked)).toEqual(['web1 observe', 'web1 grants']);
  expect(log).toHaveLength(told);
});

test('a node that cannot be made is tried again later and later, told once, and counted against nobody else', async () => {
  const machine = machineWithGuest();
  const other = serial({ devpath: '/devices/other', node: '/dev/ttyS9', number: { type: 'c', major: 4, minor: 73 } });
  machine.devices = [serial(), { ...other, properties: { ID_SERIAL_SHORT: 'other' } }];
  machine.refuse = fails('make-node /dev/line/a', FULL);
  const first = rule('port', { match: { property: { ID_SERIAL_SHORT: ['A4008T7W'] } }, node: { path: '/dev/line/a' } });
  const second = rule('other', { match: { property: { ID_SERIAL_SHORT: ['other'] } } });
  const { agent, log } = await startedStage(configOf(first, second), machine);
  const tries = () => machine.asked.filter((what) => what === 'web1 make-node /dev/line/a').length;
  expect(machine.guests.get('web1')?.world.files.get('/dev/ttyS9')?.kind).toBe('device');
  expect(agent.control.guest('web1')).toMatchObject({ converged: false, refusals: [{ code: 'E_ACTION' }] });
  const counts: number[] = [];
  for (const ms of [0, 49, 1, 100, 200, 400]) {
    await machine.clock.pass(ms);
    counts.push(tries());
  }
  expect(counts).toEqual([1, 1, 2, 3, 4, 5]);
  expect(log.filter(({ priority }) => priority === 3)).toHaveLength(1);
  machine.refuse = () => undefined;
  await machine.clock.pass(800);
  expect(agent.control.guest('web1')).toMatchObject({ converged: true, refusals: [] });
  await machine.clock.pass(60_000);
  expect(tries()).toBe(6);
});

test('events bring no try of a blocked name forward', async () => {
  const machine = machineWithGuest();
  machine.refuse = fails('make-node /dev/line/a', FULL);
  const { agent } = await startedStage(configOf(port), machine);
  const tries = () => machine.asked.filter((what) => what === 'web1 make-node /dev/line/a').length;
  for (let time = 0; time < 20; time += 1) {
    agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: false });
    await atRest();
  }
  expect(tries()).toBe(1);
});

test('what the guest changes is put right at once', async () => {
  const { machine } = await startedStage(configOf(port), machineWithGuest());
  machine.tamper('web1', '/dev/line/a', undefined);
  await atRest();
  expect(machine.guests.get('web1')?.world.files.get('/dev/line/a')).toMatchObject({ kind: 'device' });
});

test('a guest that undoes it again and again is left alone for the rest of the minute, and told of', async () => {
  const { machine, agent } = await startedStage(configOf(port), machineWithGuest());
  const isThere = () => machine.guests.get('web1')?.world.files.has('/dev/line/a');
  for (let time = 0; time < 6; time += 1) {
    machine.tamper('web1', '/dev/line/a', undefined);
    await machine.clock.pass(1_000);
  }
  expect(isThere()).toBe(false);
  expect(agent.control.guest('web1')?.refusals).toMatchObject([{ code: 'E_FIGHT', subject: 'web1:/dev/line/a' }]);
  await machine.clock.pass(60_000);
  expect(isThere()).toBe(true);
  expect(agent.control.guest('web1')?.refusals).toEqual([]);
});
