import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { listed } from '../control/agent-value.ts';
import { command, ended, hostler } from './hostler.ts';
import { served } from './served.ts';

const names = commands.map(({ name }) => name);
let folder: string;
let bash: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-completion-'));
  symlinkSync(command, join(folder, 'hostler'));
  bash = join(folder, 'bash');
  writeFileSync(bash, (await hostler(['completion', 'bash'])).out);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last of these words. */
async function offered(words: readonly string[], socket = '/nowhere'): Promise<readonly string[]> {
  const line = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hostler; printf "%s\\n" "${COMPREPLY[@]}"';
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, HOSTLER_SOCKET: socket };
  const child = spawn('bash', ['-c', line, bash, 'hostler', ...words], { cwd: folder, env });
  const { code, out, err } = await ended(child);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.split('\n').filter(Boolean);
}

describe('bash completes', () => {
  test('commands', async () => {
    expect(await offered([''])).toEqual(names);
    expect(await offered(['re'])).toEqual(names.filter((name) => name.startsWith('re')));
  });

  test('options of a command, and of no other', async () => {
    expect(await offered(['show', 'web1', '--j'])).toEqual(['--json']);
    expect(await offered(['version', '--w'])).toEqual([]);
    expect(await offered(['limits', '--w'])).toEqual(['--watch']);
  });

  test('names of guests, as the agent has them', async () => {
    const socket = await served();
    const guests = listed.filter(({ runtime }) => runtime !== 'host').map(({ name }) => name);
    expect(await offered(['show', ''], socket)).toEqual(guests);
    expect(await offered(['limits', '--json', 'sc'], socket)).toEqual(guests.filter((name) => name.startsWith('sc')));
    expect(await offered(['show', 'web1', ''], socket)).toEqual([]);
    expect(await offered(['plan', ''], socket)).toEqual([...guests, 'shutdown']);
  });

  test('nothing where the agent cannot be asked', async () => {
    expect(await offered(['show', ''])).toEqual([]);
  });

  test('commands after help, shells after completion, words that are typed as they stand', async () => {
    expect(await offered(['help', 'sp'])).toEqual(['split']);
    expect(await offered(['completion', ''])).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered(['import', ''])).toEqual(['vserver', 'openvz', 'lxc']);
    expect(await offered(['alerts', 't'])).toEqual(['test']);
    expect(await offered(['plan', 's'])).toEqual(['shutdown']);
  });

  test('nothing that is refused beside what stands there already', async () => {
    const socket = await served();
    const guests = listed.filter(({ runtime }) => runtime !== 'host').map(({ name }) => name);
    for (const words of [['--all'], ['--mark', 'db'], ['--mark=db'], ['--json', '--all']])
      expect(await offered(['stop', ...words, ''], socket), words.join(' ')).toEqual([]);
    expect(await offered(['stop', '-t', '5', 'web1', ''], socket)).toEqual(guests);
    expect(await offered(['plan', 'web1', '--b'])).toEqual([]);
    expect(await offered(['plan', 'shutdown', '--b'])).toEqual(['--budget']);
    expect(await offered(['--version', ''])).toEqual([]);
  });

  test('no options after --, but what they would be', async () => {
    const socket = await served();
    expect(await offered(['show', '--', '-'], socket)).toEqual([]);
    expect(await offered(['show', '--', 'sc'], socket)).toEqual(['scan1']);
    expect(await offered(['--', 'sta'])).toEqual(['status', 'start']);
  });

  test('options before a command', async () => {
    expect(await offered(['--'])).toEqual(['--quiet', '--no-color', '--help', '--version']);
    expect(await offered(['-'])).toEqual(['-q', '--quiet', '--no-color', '-h', '--help', '-V', '--version']);
    expect(await offered(['-q', '--no'])).toEqual(['--no-color']);
  });

  test('files, any number of them, and what an option names', async () => {
    expect(await offered(['check', 'ba'])).toEqual(['bash']);
    expect(await offered(['check', 'bash', 'ho'])).toEqual(['hostler']);
    expect(await offered(['list', '--socket', 'ba'])).toEqual(['bash']);
    expect(await offered(['list', '--socket', 'bash', '--no-l'])).toEqual(['--no-legend']);
  });
});

const shells = [
  ['zsh', ['-n']],
  ['fish', ['-n']],
] as const;
describe.each(shells)('%s', (shell, words) => {
  test('has every command', async () => {
    const { code, out } = await hostler(['completion', shell]);
    expect(code).toBe(0);
    for (const name of names) expect(out).toContain(name);
  });

  test.runIf(existsSync(`/usr/bin/${shell}`))('reads its script', async () => {
    const file = join(folder, shell);
    writeFileSync(file, (await hostler(['completion', shell])).out);
    expect(spawnSync(shell, [...words, file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

test('zsh gives the function that names guests nothing but the words beside them', async () => {
  const { out } = await hostler(['completion', 'zsh']);
  expect(out).toContain("'1:GUEST: _hostler_guests shutdown'");
  expect(out).toContain("'*:GUEST: _hostler_guests'");
  expect(out).not.toMatch(/:_hostler_guests/);
});

test('zsh is told once, at the end, what may come any number of times', async () => {
  const { out } = await hostler(['completion', 'zsh']);
  for (const line of out.split('\n').filter((one) => one.includes('_arguments -S')))
    expect(line.match(/'\*:/g)?.length ?? 0).toBeLessThanOrEqual(1);
});

test('zsh names no guests beside what says which are meant, and has a budget for a shutdown alone', async () => {
  const { out } = await hostler(['completion', 'zsh']);
  expect(out.match(/'\(\*\)--(all|mark)\[/g)).toHaveLength(6);
  expect(out).toMatch(/\(Ie\)shutdown\]} \)\) && more\+=\('--budget\[/);
  expect(out).toContain("'(- 1 *)--version[");
});

test('another shell is refused, and the one that was meant is named', async () => {
  const { code, err } = await hostler(['completion', 'bsh']);
  expect(code).toBe(2);
  expect(err).toContain('bash');
});
