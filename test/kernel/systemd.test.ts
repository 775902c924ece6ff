import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV2, V2_ROOT, WITHOUT_V1 } from './hierarchies.ts';
import {
  type Answerer,
  changed,
  done,
  PretendedSystemd,
  pairs,
  property,
  refused,
  signal,
  text,
  type Value,
  WITH_SYSTEMD,
} from './pretended-systemd.ts';
import { PretendedUnit } from './pretended-unit.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot)('what systemd says', () => {
  let executor: ExecutorClient;
  let systemd: PretendedSystemd;
  beforeEach(async () => {
    executor = new ExecutorClient(WITH_SYSTEMD);
    systemd = new PretendedSystemd(executor);
    await systemd.listen();
  });
  afterEach(async () => {
    systemd.close();
    await executor.stop();
  });
  const count = (event: string) => executor.events.filter((one) => one === event).length;

  test('of reloading is told, and nothing else of what it says', async () => {
    expect(await executor.tell('systemd')).toBe('ok gone');
    await executor.event(/^systemd up$/);
    expect(await executor.tell('systemd')).toBe('ok up');
    systemd.say(signal('UnitNew', true));
    systemd.say(signal('Reloading', true, 'org.example.Liar'));
    systemd.say(Buffer.concat([signal('Reloading', true), signal('Reloading', false)]));
    await executor.event(/^systemd reloaded$/);
    expect(executor.events).toEqual(['systemd up', 'systemd reloading', 'systemd reloaded']);
    expect(systemd.connections).toBe(1);
  });

  test('is understood when it comes byte by byte, and after a message that is too long to be kept', async () => {
    await executor.tell('systemd');
    await executor.event(/^systemd up$/);
    const long = signal('UnitNew', true);
    long.writeUInt32LE(4 + 300_000, 4);
    systemd.say(Buffer.concat([long, Buffer.alloc(300_000)]));
    for (const byte of signal('Reloading', false)) systemd.say(Buffer.from([byte]));
    await executor.event(/^systemd reloaded$/);
    expect(systemd.connections).toBe(1);
  });

  test('of a service that it is ending is told once, and once when it is that no more', async () => {
    const state = (label: string, word: string) => changed(label, { StateChangeTimestamp: 7n, ActiveState: word });
    await executor.tell('systemd');
    await executor.event(/^systemd up$/);
    for (const word of ['active', 'deactivating', 'deactivating', 'inactive', 'inactive', 'activating'])
      systemd.say(state('systemd_2dnspawn_40web_5cx2d1_2eservice', word));
    systemd.say(changed('lxc_40web1_2eservice', { Description: 'x', ActiveState: 'deactivating' }));
    systemd.say(state('machine_2dweb1_2escope', 'deactivating'));
    systemd.say(state('dev_2dsda_2edevice', 'deactivating'));
    systemd.say(changed('web1_2eservice', { ActiveState: 1n }));
    for (const label of ['_2', 'a_zz_2eservice', 'a_00_2eservice', `${'x'.repeat(300)}_2eservice`, ''])
      systemd.say(state(label, 'deactivating'));
    systemd.say(signal('Reloading', false));
    await executor.event(/^systemd reloaded$/);
    expect(executor.events).toEqual([
      'systemd up',
      'unit systemd-nspawn@web%5Cx2d1.service ends',
      'unit systemd-nspawn@web%5Cx2d1.service settled',
      'unit lxc@web1.service ends',
      'unit machine-web1.scope ends',
      'systemd reloaded',
    ]);
    systemd.cut();
    await executor.event(/^systemd gone$/);
    await eventually(() => expect(count('systemd up')).toBe(2));
    systemd.say(state('machine_2dweb1_2escope', 'deactivating'));
    await eventually(() => expect(count('unit machine-web1.scope ends')).toBe(2));
  });

  test('of how a machine has ended is told, and of nobody else who has', async () => {
    const exit = (label: string, ExecMainCode: Value, ExecMainStatus: Value, kind = 'Service') =>
      changed(label, { Result: 'x', NRestarts: 0, ExecMainPID: 7, ExecMainCode, ExecMainStatus }, kind);
    const web = 'systemd_2dnspawn_40web1_2eservice';
    await executor.tell('systemd');
    await executor.event(/^systemd up$/);
    for (const [code, status] of [
      [1, 133],
      [2, 9],
      [0, 0],
      [1, 0],
    ] as const)
      systemd.say(exit(web, code, status));
    systemd.say(exit('cron_2eservice', 1, 1));
    systemd.say(exit(web, 1, 1, 'Unit'));
    systemd.say(exit(web, 1n, 1));
    systemd.say(exit(web, 1, 'x'));
    systemd.say(changed(web, { ExecMainCode: 1 }, 'Service'));
    systemd.say(signal('Reloading', false));
    await executor.event(/^systemd reloaded$/);
    expect(executor.events).toEqual([
      'systemd up',
      'unit-exit systemd-nspawn@web1.service 1 133',
      'unit-exit systemd-nspawn@web1.service 2 9',
      'unit-exit systemd-nspawn@web1.service 1 0',
      'systemd reloaded',
    ]);
  });

  test('of more services than anybody keeps the rest is not told, and nothing is lost of those', async () => {
    await executor.tell('systemd');
    await executor.event(/^systemd up$/);
    const labels = Array.from({ length: 300 }, (_, at) => `a${at}_2eservice`);
    for (const word of ['deactivating', 'inactive'])
      systemd.say(Buffer.concat(labels.map((label) => changed(label, { ActiveState: word }))));
    systemd.say(signal('Reloading', false));
    await executor.event(/^systemd reloaded$/);
    const told = executor.events.filter((event) => event.startsWith('unit '));
    const expected = ['ends', 'settled'].flatMap((word) =>
      labels.slice(0, 256).map((_, at) => `unit a${at}.service ${word}`),
    );
    expect(told).toEqual(expected);
  });

  test('comes again after it was run anew', async () => {
    await executor.tell('systemd');
    await executor.event(/^systemd up$/);
    systemd.cut();
    await executor.event(/^systemd gone$/);
    await eventually(() => expect(count('systemd up')).toBe(2));
  });

  test.each([
    ['a refusal', 'REJECTED EXTERNAL\r\n', Buffer.alloc(0)],
    ['a greeting without an end', `OK ${'x'.repeat(1000)}`, Buffer.alloc(0)],
    ['no message', 'OK 0\r\n', Buffer.alloc(16, 0xff)],
    ['fields that lie about their length', 'OK 0\r\n', lying()],
  ])('is not believed when it is %s, and it is tried again, each time later', async (_what, greeting, bytes) => {
    systemd.greeting = greeting;
    await executor.tell('systemd');
    if (bytes.length > 0) {
      await executor.event(/^systemd up$/);
      systemd.say(bytes);
    }
    await eventually(() => expect(systemd.connections).toBeGreaterThanOrEqual(2));
    expect(await executor.tell('status')).toBe('ok');
  });
});

test.skipIf(!isRoot)('a host without systemd has nothing to say', async () => {
  const executor = new ExecutorClient('mount -t tmpfs none /run');
  expect(await executor.tell('systemd')).toBe('ok absent');
  await executor.stop();
});

describe.skipIf(!isRoot || !hasV2)('permissions of a unit', () => {
  let executor: ExecutorClient;
  let systemd: PretendedSystemd;
  let guest: TestGuest;
  let unit: PretendedUnit;

  beforeEach(async () => {
    unit = new PretendedUnit();
    guest = await TestGuest.start({ hierarchy: V2_ROOT, unit: 'scope' });
    // systemd's own program, as far as this guest is concerned.
    const before = new ExecutorClient(WITHOUT_V1);
    await before.tell(guest.opening);
    await before.tell(`adopt-program ${guest.name} c:1:3:rwm`);
    await before.stop();
    executor = new ExecutorClient(`${WITHOUT_V1} && ${WITH_SYSTEMD}`);
    systemd = new PretendedSystemd(executor);
    systemd.answer = unit.answer;
    await systemd.listen();
    expect(await executor.tell(guest.opening)).toMatch(/ confined-unit$/);
  });
  afterEach(async () => {
    systemd.close();
    await executor.stop();
    await guest.stop();
  });
  const tell = (verb: string, words = '') => executor.tell(`${verb} ${guest.name} ${words}`.trim());

  test('are those of its list and of the closed set, in numbers', async () => {
    unit.allow = [
      ['char-pts', 'rw'],
      ['/dev/char/188:7', 'rw'],
      ['/dev/null', 'r'],
      ['/dev/nowhere', 'rwm'],
      ['/dev/char/x', 'r'],
    ];
    unit.policy = 'strict';
    expect(await executor.ask(`grants ${guest.name}`)).toEqual(
      ['row c:136:%2A rw named', 'row c:188:7 rw', 'row c:1:3 r named', 'ok 3 confined-unit'].map((line) =>
        line.includes('136') ? expect.stringMatching(/^row c:1(3[6-9]|4[0-3]):%2A rw named$/) : line,
      ),
    );
  });

  test('that others set by path or name are theirs: beside them ours comes and goes, and they stay as they are', async () => {
    const others: [string, string][] = [
      ['/dev/null', 'r'],
      ['char-mem', 'rwm'],
      ['/dev/char/1:5', 'r'],
      ['/dev/nowhere', 'w'],
    ];
    unit.allow = [...others];
    expect(await tell('grant', 'c:1:3 r')).toBe('ok');
    expect(unit.allow).toEqual([...others, ['/dev/char/1:3', 'r']]);
    unit.allow = [['/dev/char/1:3', 'r'], ...others];
    expect(await tell('revoke', 'c:1:3 rwm')).toBe('ok');
    expect(unit.allow).toEqual(others);
    expect(await tell('revoke', 'c:1:7 rwm')).toBe('ok');
    expect(unit.allow).toEqual(others);
  });

  test('grow by one entry, and shrink by sending all the rest at once', async () => {
    unit.allow = [
      ['char-pts', 'rw'],
      ['/dev/char/1:3', 'r'],
    ];
    expect(await tell('grant', 'c:1:5 r')).toBe('ok');
    expect(await tell('grant', 'c:1:5 rw')).toBe('ok');
    expect(await tell('grant', 'c:1:5 w')).toBe('ok'); // it is there
    expect(unit.sets).toEqual([['/dev/char/1:5'], ['/dev/char/1:5']]);
    expect(await tell('revoke', 'c:1:5 w')).toBe('ok');
    expect(Object.fromEntries(unit.allow)).toEqual({ 'char-pts': 'rw', '/dev/char/1:3': 'r', '/dev/char/1:5': 'r' });
    expect(await tell('revoke', 'c:1:5 r')).toBe('ok');
    expect(Object.fromEntries(unit.allow)).toEqual({ 'char-pts': 'rw', '/dev/char/1:3': 'r' });
    const asked = unit.sets.length;
    expect(await tell('revoke', 'c:1:5 r')).toBe('ok');
    expect(unit.sets.length).toBe(asked);
  });

  test('of a unit without a policy are not touched: its first entry would close it', async () => {
    unit.allow = [];
    unit.policy = 'auto';
    expect(await tell('grant', 'c:1:5 r')).toMatch(/^fail 1 unit hostler-test.*scope$/);
    expect(unit.sets).toEqual([]);
  });

  test('survive a manager that is run anew in the middle', async () => {
    systemd.answer = (call, connection) => (connection === 1 ? 'cut' : unit.answer(call, connection));
    expect(await tell('grant', 'c:1:5 r')).toBe('ok');
    expect(Object.fromEntries(unit.allow)).toMatchObject({ '/dev/char/1:5': 'r' });
  });

  test.each<[string, Answerer, string]>([
    ['another type', (call) => property(call, 'u', Buffer.alloc(4)), 'fail 71 systemd'],
    ['a list that is longer than its message', (call) => cutShort(unit.answer(call, 1)), 'fail 71 systemd'],
    ['an error', (call) => refused(call, 'org.example.No'), 'fail 121 systemd org.example.No'],
  ])('are not known when the answer is %s', async (_what, answer, said) => {
    systemd.answer = answer;
    expect(await tell('grants')).toContain(said);
    systemd.answer = unit.answer;
    expect(await tell('grants')).toMatch(/confined-unit$/);
  });

  test('are not waited for without end, and nobody else waits with them', async () => {
    systemd.answer = () => undefined;
    // Together longer than a worker may be silent.
    const slow = executor.performEach(Array(2).fill(`grant ${guest.name} c:1:5 r`));
    expect(await executor.tell('status')).toBe('ok');
    expect(await slow).toEqual(Array(2).fill('fail 110 systemd /run/systemd/private'));
    expect(executor.events).toEqual([]);
    systemd.answer = unit.answer;
    expect(await tell('grant', 'c:1:5 r')).toBe('ok');
  });
});

describe.skipIf(!isRoot || !hasV2)('a unit without a policy and without a program', () => {
  let executor: ExecutorClient;
  let systemd: PretendedSystemd;
  let guest: TestGuest;
  beforeEach(async () => {
    guest = await TestGuest.start({ hierarchy: V2_ROOT, unit: 'scope' });
    executor = new ExecutorClient(`${WITHOUT_V1} && ${WITH_SYSTEMD}`);
    systemd = new PretendedSystemd(executor);
    systemd.answer = (call) => {
      if (call.text.includes('SetUnitProperties')) return done(call);
      return call.text.includes('DevicePolicy')
        ? property(call, 's', text('auto'))
        : property(call, 'a(ss)', pairs([]));
    };
    await systemd.listen();
    expect(await executor.tell(guest.opening)).toMatch(/ open$/);
  });
  afterEach(async () => {
    systemd.close();
    await executor.stop();
    await guest.stop();
  });
  const tell = (verb: string, words = '') => executor.tell(`${verb} ${guest.name} ${words}`.trim());

  test('is open, whatever is granted or taken back, and systemd is asked nothing', async () => {
    expect(await tell('grant', 'c:1:11 rw')).toBe('ok');
    expect(await tell('verify', 'c:1:11 rw')).toBe('ok');
    expect(await tell('revoke', 'c:1:11 rw')).toBe('ok');
    expect(await tell('verify', 'c:1:11 rw')).toBe('ok');
    expect(await tell('grants')).toBe('ok 0 open');
    expect(systemd.connections).toBe(0);
  });

  test('is closed by one call, with the console that the closed set of systemd has not', async () => {
    expect(await tell('confine')).toBe('ok');
    const [set, ...others] = systemd.calls.filter(({ text: said }) => said.includes('SetUnitProperties'));
    expect(others).toEqual([]);
    expect(set?.text).toMatch(/DevicePolicy.*closed.*DeviceAllow.*\/dev\/char\/5:1.*rwm/s);
  });
});

function cutShort(bytes: ReturnType<Answerer>): ReturnType<Answerer> {
  if (!Buffer.isBuffer(bytes)) return bytes;
  const at = bytes.indexOf('a(ss)');
  if (at < 0) return bytes;
  bytes.writeUInt32LE(1_000_000, Math.ceil((at + 6) / 4) * 4);
  return bytes;
}

function lying(): Buffer {
  const bytes = signal('Reloading', true);
  bytes.writeUInt32LE(200, 20); // of the first field
  return bytes;
}
