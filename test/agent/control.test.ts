import { expect, test } from 'vitest';
import type { EventView } from '../../src/ports/agent.ts';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const caller = { uid: 1000, pid: 4711 };
const FULL = { errno: 'ENOSPC', call: 'mknodat', subject: '' };

async function host() {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  machine.guests.set('web2', undefined);
  const stage = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  return { ...stage, control: stage.agent.control };
}

test('status counts what there is', async () => {
  const { control } = await host();
  expect(control.status()).toMatchObject({
    ready: true,
    converged: true,
    guests: { running: 1, stopped: 1, failing: 0 },
    nodes: 1,
    devices: 1,
    rules: 1,
    udev: 'running',
    config: { folder: '/etc/hostler', problems: [] },
    watching: true,
    warnings: [],
    counters: { actions_total: 4, enumerations_total: 1 },
  });
});

test('a guest with a failure is failing, the host is not converged, and both say why', async () => {
  const { control, machine } = await host();
  machine.refuse = (_guest, what) => (what.startsWith('make-node') ? FULL : undefined);
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  await atRest();
  const refusal = { code: 'E_ACTION', subject: 'web1:/dev/ttyUSB0', detail: 'make-node: mknodat ENOSPC' };
  expect(control.status()).toMatchObject({ converged: false, guests: { failing: 1 }, warnings: [refusal] });
  expect(control.guest('web1')).toMatchObject({ converged: false, refusals: [refusal] });
});

test('a guest has its state, its policy and what it was given; one that nobody knows is none', async () => {
  const { control } = await host();
  expect(control.guests()).toMatchObject([
    { name: 'web1', state: 'running', policy: 'confined', nodes: [{ path: '/dev/ttyUSB0', rule: 'port' }] },
    { name: 'web2', state: 'stopped', nodes: [] },
  ]);
  expect(control.guest('web3')).toBeUndefined();
});

test('a plan is what a pass would do, and nothing is done', async () => {
  const { control, machine } = await host();
  const start = machine.guests.get('web1');
  machine.line.watched.clear();
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  const [plan] = await control.plan('web1');
  expect(plan?.actions).toMatchObject([{ verb: 'make-node', path: '/dev/ttyUSB0' }]);
  expect(start?.world.files.has('/dev/ttyUSB0')).toBe(false);
  expect(await control.plan()).toMatchObject([{ guest: 'web1' }, { guest: 'web2', actions: [] }]);
  expect(await control.plan('web3')).toEqual([]);
});

test('apply does at once what waits for its next try, says what it did, and who asked', async () => {
  const { control, machine } = await host();
  machine.refuse = (_guest, what) => (what.startsWith('make-node') ? FULL : undefined);
  machine.tamper('web1', '/dev/ttyUSB0', undefined);
  await machine.clock.pass(10_000);
  machine.refuse = () => undefined;
  expect(await control.apply('web1', caller)).toMatchObject([
    {
      guest: 'web1',
      actions: [{ verb: 'grant' }, { verb: 'make-node', path: '/dev/ttyUSB0' }, { verb: 'tell', event: 'add' }],
      refusals: [],
    },
  ]);
  expect(machine.guests.get('web1')?.world.files.has('/dev/ttyUSB0')).toBe(true);
  expect(control.events(0)).toContainEqual(
    expect.objectContaining({ kind: 'command', says: 'apply asked by uid 1000 (process 4711)' }),
  );
});

test('apply finds also what nobody told of: a permission that somebody took away', async () => {
  const { control, machine } = await host();
  const start = machine.guests.get('web1');
  if (start === undefined) throw new Error('web1 does not run');
  await machine.clock.pass(10_000);
  start.world = { ...start.world, grants: new Map() };
  expect(await control.apply('web1', caller)).toMatchObject([{ actions: [{ verb: 'grant' }], refusals: [] }]);
  expect(start.world.grants.has('c:188:0')).toBe(true);
});

test('apply answers also of a guest that runs nowhere, or is none', async () => {
  const { control } = await host();
  expect(await control.apply('web2', caller)).toEqual([{ guest: 'web2', actions: [], limits: [], refusals: [] }]);
  expect(await control.apply('web3', caller)).toEqual([]);
});

test('who follows hears everything that happens from then on, and can ask for what was before', async () => {
  const { control, machine } = await host();
  const heard: EventView[] = [];
  const last = control.events(0).at(-1)?.number ?? 0;
  const enough = control.follow((event) => heard.push(event));
  machine.stop('web1');
  await atRest();
  enough();
  expect(heard.length).toBeGreaterThan(0);
  expect(control.events(last)).toEqual(heard);
});

test('what an action was about is told with its rule and device', async () => {
  const { control } = await host();
  expect(control.events(0).find(({ kind }) => kind === 'action')).toMatchObject({
    guest: 'web1',
    rule: 'port',
    device: serial().devpath,
    action: 'grant make-node let-listen tell',
    says: 'web1: grant c:188:0 rw, make /dev/ttyUSB0 c:188:0 0660 0:20, let its programs listen for devices, tell add /dev/ttyUSB0',
  });
});
