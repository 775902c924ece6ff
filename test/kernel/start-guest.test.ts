import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type Answerer, done, PretendedSystemd, property, refused, text, WITH_SYSTEMD } from './pretended-systemd.ts';

let executor: ExecutorClient;
/** Of those that its unit can have in its name. */
const LONGEST = 'x'.repeat(243);
/** As it stands behind the signature `(uo)`. */
const job = (id: number) => Buffer.concat([Buffer.from(Uint32Array.of(id).buffer), text('/')]);

afterEach(() => executor.stop());

describe.skipIf(!isRoot)('a guest that is to be started', () => {
  beforeEach(() => {
    executor = new ExecutorClient('mount -t tmpfs none /run');
  });

  test.each([
    'lxc ../web1',
    'lxc a/b',
    'lxc .',
    'lxc ..',
    'lxc %',
    'lxc web%0A',
    'lxc web%7F',
    `lxc ${'x'.repeat(256)}`,
    'lxc web1 srv/lxc',
    'lxc web1 /srv/%0Alxc',
    'lxc web1 %',
    'nspawn -f',
    'nspawn a..b',
    'nspawn web%201',
    `nspawn ${'x'.repeat(65)}`,
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
    [`lxc ${LONGEST}`, `lxc@${LONGEST}.service`],
    ['lxc a..b@:1', 'lxc@a..b@:1.service'],
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

describe.skipIf(!isRoot)('a guest of LXC whose unit systemd has no name for', () => {
  beforeEach(() => {
    const noted = 'mount -t tmpfs none /usr/local/sbin && ln -s /run/noted /usr/local/sbin/systemd-run';
    const note = String.raw`printf '#!/bin/sh\nprintf "%%s\\n" "$@" > /run/words\n' > /run/noted && chmod 755 /run/noted`;
    executor = new ExecutorClient(`${WITH_SYSTEMD} && ${noted} && ${note}`);
  });

  /** What systemd-run was given: the unit, the command that stops it, and the words after --. */
  const given = () => {
    const words = readFileSync(`/proc/${executor.pid}/root/run/words`, 'utf8').split('\n').slice(0, -1);
    const after = (start: string) => words.find((word) => word.startsWith(start))?.slice(start.length);
    return [after('--unit='), after('--property=ExecStop='), words.slice(words.indexOf('--') + 1).join('|')];
  };

  test.each([
    ['ru%20odd', String.raw`ru\x20odd`, String.raw`ru\x20odd`, 'ru odd'],
    ['ru%2Cx', String.raw`ru\x2cx`, 'ru,x', 'ru,x'],
    ['a%25n', String.raw`a\x25n`, 'a%n', 'a%n'],
    ['a%24b', String.raw`a\x24b`, '$$', 'a$$b'],
    ['a%22%27%5Cb', String.raw`a\x22\x27\x5cb`, String.raw`a\x22\x27\x5cb`, String.raw`a"'\b`],
    ['%C3%A9', String.raw`\xc3\xa9`, 'é', 'é'],
  ])('is a unit of its own, and named to LXC as it is: %s', async (word, unit, stopped, name) => {
    expect(await executor.tell(`start-guest lxc ${word} /var/lib/lxc`)).toBe('ok');
    const [own, stop, start] = given();
    expect(own).toBe(`hostler-lxc-${unit}.service`);
    expect(stop).toContain(`/usr/bin/lxc-stop -P /var/lib/lxc -n `);
    expect(stop).toContain(stopped);
    expect(start).toBe(`lxc-start|-F|-P|/var/lib/lxc|-n|${name}`);
  });

  test('since it is in another folder, whatever that is called', async () => {
    expect(await executor.tell('start-guest lxc web1 /srv/lxc%20$%25%22')).toBe('fail 22 protocol start-guest');
    expect(await executor.tell('start-guest lxc web1 /srv/lxc%20%24%25%22')).toBe('ok');
    expect(given()).toEqual([
      'hostler-lxc-web1.service',
      String.raw`/usr/bin/lxc-stop -P /srv/lxc\x20$$%\x22 -n web1`,
      'lxc-start|-F|-P|/srv/lxc $$%"|-n|web1',
    ]);
  });

  test('since that would be too long, and told apart from one that begins as it does', async () => {
    const units: (string | undefined)[] = [];
    for (const last of ['a', 'b']) {
      expect(await executor.tell(`start-guest lxc ${'x'.repeat(254)}${last}`)).toBe('ok');
      units.push(given()[0]);
    }
    for (const unit of units) expect(unit).toMatch(/^hostler-lxc-x{226}-[0-9a-f]{8}\.service$/);
    expect(new Set(units).size).toBe(2);
  });
});
