import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type Answerer, done, PretendedSystemd, property, refused, text, WITH_SYSTEMD } from './pretended-systemd.ts';

let executor: ExecutorClient;
/** As it stands behind the signature `(uo)`. */
const job = (id: number) => Buffer.concat([Buffer.from(Uint32Array.of(id).buffer), text('/')]);

afterEach(() => executor.stop());

describe.skipIf(!isRoot)('a guest that is to be started', () => {
  beforeEach(() => {
    executor = new ExecutorClient('mount -t tmpfs none /run');
  });

  test.each([
    'lxc -f',
    'lxc ../web1',
    'lxc a/b',
    'lxc .web1',
    'lxc a..b',
    'lxc %',
    'lxc web%201',
    'lxc web%0A',
    'lxc web@1',
    `lxc ${'x'.repeat(65)}`,
    'lxc web1 srv/lxc',
    'lxc web1 /srv/%20-o/x',
    'nspawn web1 /srv/lxc',
    'docker web1',
  ])('is never one of these: %s', async (words) =>
    expect(await executor.tell(`start-guest ${words}`)).toBe('fail 22 protocol start-guest'),
  );

  test('is none of nspawn’s where there is no systemd', async () => {
    expect(await executor.tell('start-guest nspawn web1')).toBe('fail 95 systemd web1');
  });
});

describe.skipIf(!isRoot)('a guest that systemd is to start', () => {
  let systemd: PretendedSystemd;

  beforeEach(async () => {
    executor = new ExecutorClient(WITH_SYSTEMD);
    systemd = new PretendedSystemd(executor);
    await systemd.listen();
  });
  afterEach(() => systemd.close());

  /** What it says of the unit, one answer after the other; the last one again and again. */
  const says =
    (...states: readonly string[]): Answerer =>
    (call) => {
      if (call.text.includes('StartUnit')) return done(call);
      if (call.text.includes('ActiveState'))
        return property(call, 's', text(states[Math.min(asked++, states.length - 1)] ?? ''));
      return property(call, 's', text('exit-code'));
    };
  let asked = 0;
  beforeEach(() => {
    asked = 0;
  });

  test.each([
    ['lxc web1', 'lxc@web1.service'],
    ['lxc web1 /var/lib/lxc', 'lxc@web1.service'],
    ['nspawn web1', 'systemd-nspawn@web1.service'],
  ])('is the unit of its runtime: %s', async (words, unit) => {
    systemd.answer = says('inactive', 'activating', 'active');
    expect(await executor.tell(`start-guest ${words}`)).toBe('ok');
    expect(systemd.calls[0]?.words).toEqual(expect.arrayContaining(['StartUnit', unit, 'fail']));
    expect(systemd.calls.filter(({ words: said }) => said.includes('StartUnit'))).toHaveLength(1);
  });

  test.each([[['failed']], [['activating', 'failed']], [['active', 'inactive']]])(
    'and fails is told of with systemd’s word: %s',
    async (states) => {
      systemd.answer = says(...states);
      expect(await executor.tell('start-guest lxc web1')).toBe('fail 121 result lxc@web1.service%20exit-code');
    },
  );

  test('and failed before has not failed again while its unit waits for others', async () => {
    let looks = 0;
    const state = says('failed', 'failed', 'failed', 'activating', 'active');
    systemd.answer = (call) =>
      call.text.includes('Job') ? property(call, '(uo)', job(looks++ < 3 ? 7 : 0)) : state(call, 0);
    expect(await executor.tell('start-guest nspawn web1')).toBe('ok');
  });

  test('and failed before fails again when its turn has come', async () => {
    let looks = 0;
    const state = says('failed');
    systemd.answer = (call) =>
      call.text.includes('Job') ? property(call, '(uo)', job(looks++ < 3 ? 7 : 0)) : state(call, 0);
    expect(await executor.tell('start-guest nspawn web1')).toBe(
      'fail 121 result systemd-nspawn@web1.service%20exit-code',
    );
  });

  test('and takes its time is begun', async () => {
    systemd.answer = says('activating');
    expect(await executor.tell('start-guest nspawn web1')).toBe('ok');
  });

  test('is not begun where systemd has no such unit, or does not answer', async () => {
    systemd.answer = (call) => refused(call, 'org.freedesktop.systemd1.NoSuchUnit');
    expect(await executor.tell('start-guest nspawn web1')).toBe('fail 121 systemd org.freedesktop.systemd1.NoSuchUnit');
    systemd.answer = () => undefined;
    expect(await executor.tell('start-guest nspawn web1')).toBe('fail 110 systemd /run/systemd/private');
  });
});
