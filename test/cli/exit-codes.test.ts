import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { status } from '../control/agent-value.ts';
import { command, hostler } from './hostler.ts';
import { askAgent, served } from './served.ts';

const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'hostler-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [['lst'], 'no such command; did you mean list?'],
  [['sttaus'], 'no such command; did you mean status?'],
  [['xyzzy'], 'no such command; hostler help'],
  [['help', 'pln'], 'did you mean plan?'],
  [['show'], 'GUEST is missing'],
  [['show', 'a', 'b'], '"b" is one argument too many'],
  [['show', ''], 'E_USAGE show: an argument is empty'],
  [['stop', 'a', ''], 'E_USAGE stop: an argument is empty'],
  [[''], 'E_USAGE hostler: the name of the command is empty'],
  [['list', 'web1'], '"web1" is one argument too many'],
  [['list', '--jsno'], 'unknown option --jsno; did you mean --json?'],
  [['list', '-x'], 'unknown option -x;'],
  [['version', '--socket', 'x'], 'unknown option --socket'],
  [['list', '--socket'], '--socket wants a value'],
  [['list', '--socket='], '--socket wants a value'],
  [['list', '--socket', '--json'], '--socket wants a value'],
  [['list', '--json=yes'], '--json takes no value'],
  [['events', '--since', 'yesterday'], '"yesterday" is neither 10m, 2h, 1d nor a date'],
])('%j is wrong usage: %s', async (args, says) => {
  const end = await hostler(args);
  expect(end).toMatchObject({ code: 2, out: '' });
  expect(end.err).toContain(says);
  expect(end.err).toMatch(/^hostler: E_USAGE .*\n$/);
});

test('options may stand before the command, and after -- an argument may begin with a dash', async () => {
  expect((await hostler(['--json', 'version'])).out).toContain('"version"');
  const socket = await served();
  expect(await hostler(['show', '--socket', socket, '--', '-web'])).toMatchObject({ code: 4 });
});

test('status ends with 3 while something is not as the rules say, or nobody knows yet', async () => {
  expect((await askAgent(['status'], { status: () => ({ ...status, converged: false }) })).code).toBe(3);
  const early = await askAgent(['status'], { status: () => ({ ...status, ready: false }) });
  expect(early.code).toBe(3);
  expect(early.out).toContain('converged  not known yet');
});

test('plan --exit-code ends with 3 when there is something to do', async () => {
  expect((await askAgent(['plan', '--exit-code'])).code).toBe(3);
  expect((await askAgent(['plan', 'web1', '--exit-code'])).code).toBe(0);
});

test.each([['show'], ['devices'], ['plan'], ['apply']])(
  '%s of a guest that is not there ends with 4 and the way to a list',
  async (name) => {
    expect(await askAgent([name, 'nope'])).toEqual({
      code: 4,
      out: '',
      err: 'hostler: E_NO_GUEST nope: no such guest; hostler list shows the guests of this host\n',
    });
  },
);

test('of a guest that is nearly called so the name is told', async () => {
  const err =
    'hostler: E_NO_GUEST wbe1: no such guest; did you mean web1?; hostler list shows the guests of this host\n';
  for (const name of ['show', 'stop', 'plan'])
    expect(await askAgent([name, 'wbe1'])).toEqual({ code: 4, out: '', err });
});

test('plan takes a guest that is not there for the word shutdown where it is nearly that', async () => {
  const asked = (word: string) => askAgent(['plan', word]);
  const err = 'hostler: E_NO_GUEST shutdwn: no such guest; did you mean shutdown?; hostler list shows';
  expect(await asked('shutdwn')).toMatchObject({ code: 4, out: '', err: expect.stringContaining(err) });
  expect((await asked('stop')).err).not.toContain('did you mean');
});

test('why of a device that is not there ends with 1 and says what is understood', async () => {
  const end = await askAgent(['why', '/dev/nope']);
  expect(end).toMatchObject({ code: 1, out: '' });
  expect(end.err).toContain('E_NO_DEVICE /dev/nope: no such device; hostler devices shows them');
});

test('apply ends with 1 when a wish could not be met, a warning is no failure', async () => {
  const refused = { code: 'E_PATH_ESCAPE', subject: 'web1:/dev' } as const;
  const warned = { code: 'W_OPEN_POLICY', subject: 'web1' } as const;
  expect(
    (
      await askAgent(['apply'], {
        apply: async () => [{ guest: 'web1', actions: [], limits: [], refusals: [refused] }],
      })
    ).code,
  ).toBe(1);
  expect(
    (await askAgent(['apply'], { apply: async () => [{ guest: 'web1', actions: [], limits: [], refusals: [warned] }] }))
      .code,
  ).toBe(0);
});

test('apply --force wants one guest, and asks for that one alone', async () => {
  const forced: string[] = [];
  const applyByForce = async (guest: string) => {
    forced.push(guest);
    return [];
  };
  const end = await askAgent(['apply', '--force'], { applyByForce });
  expect(end).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--force wants a GUEST') });
  expect((await askAgent(['apply', '--force', 'web1'], { applyByForce })).code).toBe(0);
  expect(forced).toEqual(['web1']);
});

test('a reload that was not taken over ends with 65, names the problems and says what is in force', async () => {
  const place = { file: 'rules/usb.yaml', line: 3, column: 5 };
  const end = await askAgent(['reload'], {
    reload: async () => ({
      problems: [{ place, code: 'E_CONFIG_KEY', says: 'unknown key "colour"' }],
      rules: { added: 0, changed: 0, removed: 0 },
    }),
  });
  expect(end).toEqual({
    code: 65,
    out: '',
    err: 'rules/usb.yaml:3:5: unknown key "colour" [E_CONFIG_KEY]\nnot taken over; the last good configuration stays in force\n',
  });
  expect((await askAgent(['reload'])).err).toBe('taken over; rules: 1 added, 0 changed, 2 removed\n');
});

test('without a socket the agent is unreachable: 5, the reason and what starts it', async () => {
  const end = await hostler(['list', '--socket', join(folder, 'none')]);
  expect(end).toMatchObject({ code: 5, out: '' });
  expect(end.err).toContain(
    'the agent does not answer: there is no socket; start it (systemctl start hostler, or hostler agent)',
  );
});

test('a socket that nobody listens on is 5 with the reason', async () => {
  const left = join(folder, 'left.sock');
  writeFileSync(left, '');
  const end = await hostler(['status', '--socket', left]);
  expect(end.code).toBe(5);
  expect(end.err).toContain('nobody listens on the socket');
});

test.each([
  ['closes at once', '', 'nsenter -t 1 -m hostler status'],
  ['stops in the middle', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n[{"name"', 'it closed the connection'],
  ['is no agent', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'is no hostler of this version'],
  ['answers with something else', 'HTTP/1.1 500 Oh\r\n\r\n{"code":"constructor"}', 'is no hostler of this version'],
  ['answers 200 with no JSON', 'HTTP/1.1 200 OK\r\n\r\nhello', 'is no hostler of this version'],
])('what answers and %s is 5', async (_what, bytes, says) => {
  const path = join(folder, 'odd.sock');
  const odd = createServer(
    (socket) =>
      void socket
        .on('error', () => {})
        .resume()
        .end(bytes),
  ).listen(path);
  const end = await hostler(['list', '--socket', path]);
  await new Promise((resolve) => odd.close(resolve));
  expect(end).toMatchObject({ code: 5, out: '' });
  expect(end.err).toContain(says);
});

test.runIf(isRoot)('a socket that does not let the caller in is 77', async () => {
  const socket = await served();
  chmodSync(socket, 0o600);
  chmodSync(dirname(socket), 0o755);
  const asNobody = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', command, 'list', '--socket', socket], {
    encoding: 'utf8',
  });
  expect(asNobody).toMatchObject({ status: 77, stdout: '' });
  expect(asNobody.stderr).toContain('the socket lets in only root and members of group hostler; run it as root');
});

test('the agent of an ordinary user is 77, whatever folders it is given', () => {
  const words = [command, 'agent', '--run', join(folder, 'run'), '--state', join(folder, 'lib')];
  const [program = '', ...rest] = isRoot ? ['setpriv', '--reuid=65534', '--clear-groups', ...words] : words;
  chmodSync(folder, 0o777);
  const end = spawnSync(program, rest, { encoding: 'utf8' });
  expect(end).toMatchObject({ status: 77, stdout: '' });
  expect(end.stderr).toMatch(
    /^hostler: E_NOT_PERMITTED hostler agent: only root may give devices to guests; run it as root/,
  );
  expect(existsSync(join(folder, 'run'))).toBe(false);
});

test('a full disk is a failure', () => {
  const end = spawnSync('sh', ['-c', '"$0" help > /dev/full', command], { encoding: 'utf8' });
  expect(end.status).toBe(1);
  expect(end.stderr).toMatch(/^hostler: E_OUTPUT standard output: cannot be written: ENOSPC.*\n$/);
});

test('the command finds its checkout through links, and needs no particular folder', () => {
  symlinkSync(command, join(folder, 'hl'));
  symlinkSync('hl', join(folder, 'hl2'));
  const end = spawnSync(join(folder, 'hl2'), ['version'], { cwd: '/', encoding: 'utf8' });
  expect(end).toMatchObject({ status: 0, stdout: 'hostler 0.1.0\n' });
});

test('without a Node that is new enough it says what brings one', () => {
  const checkout = join(folder, 'checkout');
  mkdirSync(join(checkout, 'bin'), { recursive: true });
  copyFileSync(command, join(checkout, 'bin/hostler'));
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho 20\n', { mode: 0o755 });
  const old = spawnSync(join(checkout, 'bin/hostler'), ['version'], {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  expect(old).toMatchObject({ status: 1, stdout: '' });
  expect(old.stderr).toContain('Node 24 or newer is wanted');
  expect(old.stderr).toContain('(version 20) was found; npm start or npm test');
});
