import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { answered, type Call, PretendedSystemd, refused, sent } from './pretended-systemd.ts';

const BUS = '/run/dbus/system_bus_socket';
const MANAGER = 'org.freedesktop.login1.Manager';
const LOGIND = ':1.7';

const prepare = (sender: string, value: boolean) => sent(sender, MANAGER, 'PrepareForShutdown', value);

describe.skipIf(!isRoot)('a shutdown', () => {
  let executor: ExecutorClient;
  let bus: PretendedSystemd;
  beforeEach(async () => {
    executor = new ExecutorClient('mount -t tmpfs none /run && mkdir -p /run/dbus /run/systemd/system');
    bus = new PretendedSystemd(executor, BUS);
    bus.greeting = 'OK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n';
    bus.answer = (call) => (isInhibit(call) ? answered(call, LOGIND) : undefined);
    await bus.listen();
  });
  afterEach(async () => {
    bus.close();
    await executor.stop();
  });
  const isInhibit = ({ text }: Call) => text.includes('Inhibit\0');
  const shutdowns = () => executor.events.filter((event) => event.startsWith('shutdown'));
  /** Until logind was asked to wait, so often. */
  const asked = (times = 1) => eventually(() => expect(bus.calls.filter(isInhibit)).toHaveLength(times));

  test('is delayed by logind, and told when it begins and when it is withdrawn', async () => {
    expect(await executor.tell('inhibit')).toBe('ok asked');
    await asked();
    expect(bus.calls.find(isInhibit)?.words).toEqual(
      expect.arrayContaining(['org.freedesktop.login1', 'shutdown', 'hostler', 'delay']),
    );
    bus.say(Buffer.concat([prepare(LOGIND, true), prepare(LOGIND, false)]));
    await executor.event(/^shutdown withdrawn$/);
    expect(shutdowns()).toEqual(['shutdown begins', 'shutdown withdrawn']);
  });

  test('that somebody else speaks of is none', async () => {
    await executor.tell('inhibit');
    await asked();
    bus.say(prepare(':1.66', true));
    bus.say(sent(LOGIND, 'org.example.Liar', 'PrepareForShutdown', true));
    bus.say(sent(':1.66', 'org.freedesktop.DBus', 'NameOwnerChanged', ['org.freedesktop.login1', LOGIND, ':1.66']));
    bus.say(prepare(':1.66', true));
    bus.say(prepare(LOGIND, false));
    await executor.event(/^shutdown withdrawn$/);
    expect(shutdowns()).toEqual(['shutdown withdrawn']);
  });

  test('is heard from a logind that was started anew, which is asked to wait as well', async () => {
    await executor.tell('inhibit');
    await asked();
    const owner = (...names: readonly string[]) =>
      sent('org.freedesktop.DBus', 'org.freedesktop.DBus', 'NameOwnerChanged', ['org.freedesktop.login1', ...names]);
    bus.say(owner(LOGIND, ''));
    bus.answer = (call) => (isInhibit(call) ? answered(call, ':1.8') : undefined);
    bus.say(owner('', ':1.8'));
    await asked(2);
    bus.say(Buffer.concat([prepare(LOGIND, true), prepare(':1.8', false)]));
    await executor.event(/^shutdown withdrawn$/);
    expect(shutdowns()).toEqual(['shutdown withdrawn']);
  });

  test('is waited for again when the bus was cut, and a logind that does not want to wait is told', async () => {
    bus.answer = (call) => (isInhibit(call) ? refused(call, 'org.freedesktop.DBus.Error.AccessDenied') : undefined);
    await executor.tell('inhibit');
    await executor.event(/^shutdown refused$/);
    bus.cut();
    await asked(2);
    expect(bus.connections).toBe(2);
    expect(await executor.tell('uninhibit')).toBe('ok');
  });
});

test.skipIf(!isRoot)('without systemd nobody is asked', async () => {
  const executor = new ExecutorClient('mount -t tmpfs none /run');
  expect(await executor.tell('inhibit')).toBe('ok absent');
  expect(await executor.tell('uninhibit')).toBe('ok');
  await executor.stop();
});
