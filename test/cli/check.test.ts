import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostler } from './hostler.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-check-'));
  for (const name of ['rules', 'guests', 'policies', 'lxc/scan1']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'hostler.yaml'), `lxcPath: ${join(folder, 'lxc')}\n`);
  writeFileSync(join(folder, 'lxc/scan1/config'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const good = '- rule: scanner\n  match: { subsystem: usb }\n  guest: scan1\n';

function writeRules(name: string, text: string): string {
  const file = join(folder, 'rules', name);
  writeFileSync(file, text);
  return file;
}

test('a good configuration ends with 0 and says what was looked at', async () => {
  writeRules('usb.yaml', good);
  expect(await hostler(['check', '--config', folder])).toEqual({
    code: 0,
    out: '',
    err: '2 files, no problems, no warnings\n',
  });
  expect(await hostler(['check', '--config', folder, '-q'])).toEqual({ code: 0, out: '', err: '' });
});

test('every problem of every file is named at once with file, line and column, with --quiet too', async () => {
  const usb = writeRules('usb.yaml', `${good}  colour: red\n  node: { mode: 0660 }\n`);
  const dvb = writeRules('dvb.yaml', good.replace('guest: scan1', 'guset: scan1'));
  const { code, out, err } = await hostler(['check', '--config', folder, '-q']);
  expect(code).toBe(65);
  expect(out).toBe('');
  for (const start of [`${usb}:4:3: `, `${usb}:5:17: `, `${dvb}:3:3: `]) expect(err).toContain(start);
  for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^\/.*:\d+:\d+: ./);
});

test('a guest that is not on this host is a problem of the whole configuration, not of a lone file', async () => {
  const file = writeRules('usb.yaml', good.replace('scan1', 'scan2'));
  const whole = await hostler(['check', '--config', folder]);
  expect(whole.code).toBe(65);
  expect(whole.err).toContain(`${file}:3:`);
  expect((await hostler(['check', file])).code).toBe(0);
});

test('a folder of guests that is not there is a warning where it is named', async () => {
  const settings = join(folder, 'hostler.yaml');
  writeFileSync(settings, `metrics: off\nlxcPath: ${join(folder, 'lcx')}\n`);
  const { code, err } = await hostler(['check', '--config', folder]);
  expect([code, err]).toEqual([
    0,
    expect.stringContaining(`${settings}:2:10: lxcPath: ${join(folder, 'lcx')}: nothing in`),
  ]);
  expect(err).toContain('there is no such folder; make or mount that folder, or name the right one');
  writeFileSync(settings, 'metrics: off\nlxcPath: /var/lib/lxc\n');
  expect((await hostler(['check', '--config', folder])).err).not.toContain('W_FOLDER');
});

test('a guest that is not on this host is named together with every other problem', async () => {
  const wrong = writeRules('dvb.yaml', `${good}  colour: red\n`);
  const unknown = writeRules('usb.yaml', good.replace('rule: scanner', 'rule: other').replace('scan1', 'scan2'));
  const { code, err } = await hostler(['check', '--config', folder]);
  expect(code).toBe(65);
  expect(err).toContain(`${wrong}:4:3: unknown key "colour"`);
  expect(err).toContain(`${unknown}:3:10: guest: no guest "scan2"`);
});

test('while hostler.yaml is wrong nobody knows where the guests are, and none is called unknown', async () => {
  writeFileSync(join(folder, 'hostler.yaml'), 'lxcpath: /srv/lxc\n');
  writeRules('usb.yaml', good.replace('scan1', 'scan2'));
  const { code, err } = await hostler(['check', '--config', folder]);
  expect(code).toBe(65);
  expect(err).toContain('unknown key "lxcpath"');
  expect(err).not.toContain('scan2');
});

test('guarantees that the host cannot keep for all guests that are here are refused, with all their names', async () => {
  const file = join(folder, 'policies/whole.yaml');
  const rate = availableParallelism();
  const bucket = `{ rate: ${rate}, interval: 1, size: 500 }`;
  writeFileSync(file, `policy: whole\nguests: scan*\ncpu: { bucket: ${bucket}, guarantee: true }\n`);
  expect(await hostler(['check', '--config', folder, '-q'])).toMatchObject({ code: 0, err: '' });
  mkdirSync(join(folder, 'lxc/scan2'));
  writeFileSync(join(folder, 'lxc/scan2/config'), '');
  const { code, err } = await hostler(['check', '--config', folder, '-q']);
  const column = `cpu: { bucket: ${bucket}, guarantee: `.length + 1;
  expect(code).toBe(65);
  expect(err).toBe(
    `${file}:3:${column}: cpu.guarantee: a guarantee does not fit this host: ${rate * 200}% of a processor is guaranteed and ` +
      `${rate * 100}% is there: scan1 ${rate * 100}%, scan2 ${rate * 100}%; lower it in a policy, leave it out of one, or give fewer guests such a policy [E_GUARANTEE]\n`,
  );
  expect((await hostler(['check', file])).code).toBe(0);
});

test('limits above what the host has are usual, and a warning', async () => {
  const file = join(folder, 'policies/much.yaml');
  writeFileSync(file, 'policy: much\nguests: scan*\nmemory:\n  rss: { limit: 1000TiB }\n');
  const { code, err } = await hostler(['check', '--config', folder, '-q']);
  expect(code).toBe(0);
  expect(err).toMatch(/^.*much.yaml:4:17: memory.rss.limit: 1000TiB, and this host has .* \[W_LIMIT_ABOVE_HOST\]$/m);
  expect(err).toMatch(
    /^.*much.yaml:4:17: memory.rss.limit: all guests together may have 1000TiB, .* \[W_OVERCOMMIT\]$/m,
  );
});

test('--json prints the problems themselves', async () => {
  const file = writeRules('usb.yaml', `${good}  colour: red\n`);
  const { code, out } = await hostler(['check', file, '--json']);
  expect(code).toBe(65);
  expect(JSON.parse(out)).toMatchObject({
    files: 1,
    warnings: [],
    problems: [{ place: { file, line: 4, column: 3 }, code: 'E_CONFIG_KEY' }],
  });
});

test('a path that is not there is a problem of that path', async () => {
  const { code, err } = await hostler(['check', join(folder, 'none.yaml')]);
  expect(code).toBe(65);
  expect(err).toContain(`${join(folder, 'none.yaml')}:1:1: `);
});

test("control characters in a file's name or text reach no terminal", async () => {
  const file = writeRules('\x1b[31m.yaml', `- rule: "\\e]0;owned\\a"\n  \x07bad: 1\n`);
  const { code, err } = await hostler(['check', file]);
  expect(code).toBe(65);
  expect(err).not.toMatch(/[^\P{Cc}\n]/u);
});

test('limits with which usual programs do not come up are a warning, of a lone file too', async () => {
  const file = join(folder, 'policies/tight.yaml');
  writeFileSync(file, 'policy: tight\nmemory: { as: { limit: 128MiB, enforce: data } }\nprocesses: { limit: 10 }\n');
  for (const args of [[file], ['--config', folder]]) {
    const { code, err } = await hostler(['check', ...args]);
    expect(code).toBe(0);
    expect(err).toContain(`${file}:2:24: memory.as.limit: with 128MiB of data node 24 does not start; `);
    expect(err).toContain(`${file}:3:21: processes.limit: systemd and its services hardly come up with 10 processes; `);
  }
});

test('a file and a guest of which nobody can say the name are told, and that this is why', async () => {
  const odd = (path: string, end = '') =>
    Buffer.concat([Buffer.from(join(folder, path)), Buffer.of(0xff), Buffer.from(end)]);
  mkdirSync(odd('lxc/bad'));
  writeFileSync(odd('lxc/bad', '/config'), '');
  const guest = `${folder}/lxc/bad\\xff:1:1: nothing is done for this guest, since its name is not UTF-8; rename it`;
  const { code, err } = await hostler(['check', '--config', folder]);
  expect([code, err]).toEqual([0, expect.stringContaining(guest)]);
  writeFileSync(odd('rules/b', '.yaml'), good);
  const rules = await hostler(['check', '--config', folder]);
  expect(rules.code).toBe(65);
  expect(rules.err).toContain(`${folder}/rules/b\\xff.yaml:1:1: cannot be read: its name is not UTF-8; rename it`);
});
