import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { command, hostler } from './hostler.ts';

const names = commands.map(({ name }) => name);

test('hostler, hostler help and hostler --help name every command', async () => {
  const [bare, help, option] = await Promise.all([hostler([]), hostler(['help']), hostler(['--help'])]);
  expect(help.code).toBe(0);
  for (const name of names) expect(help.out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
  expect(bare).toEqual(help);
  expect(option.out).toBe(help.out);
});

test.each(names)(
  'help of %s is the same both ways, has an example and its exit status, and fits 80 columns',
  async (name) => {
    const [asCommand, asOption] = await Promise.all([hostler(['help', name]), hostler([name, '--help'])]);
    expect(asOption).toEqual(asCommand);
    expect(asCommand).toMatchObject({ code: 0, err: '' });
    expect(asCommand.out).toContain(`Usage: hostler ${name}`);
    expect(asCommand.out).toMatch(new RegExp(`Examples:\n  \\$ .*hostler ${name}`));
    expect(asCommand.out).toMatch(/Exit status:\n {2}0 +done\n(.*\n)? {2}2 +wrong usage/);
    const text = asCommand.out.split('\n').filter((line) => !line.startsWith('  $'));
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(80);
  },
);

test('every example can be typed: its commands and options are known', () => {
  const lines = commands.flatMap(({ examples }) => examples.map(({ line }) => line));
  const typed = lines.flatMap((line) => line.match(/hostler [^|&;>]*/g) ?? []);
  expect(typed.length).toBeGreaterThanOrEqual(commands.length);
  for (const one of typed) {
    expect(parseCommandLine(one.trim().split(/\s+/).slice(1), commands), one).toMatchObject({ ok: true });
  }
});

test('help, version, refused words and questions load neither YAML nor schemas nor the agent', () => {
  const heavy = /node_modules\/(zod|yaml|chokidar)\/|src\/(agent|linux|main)/;
  for (const args of [['help'], ['version'], ['lst'], ['list', '--socket', '/nonexistent']]) {
    expect(loaded(args)).toContain('src/cli/main.ts');
    expect(loaded(args), args.join(' ')).not.toMatch(heavy);
  }
  expect(loaded(['check', '/nonexistent'])).toMatch(heavy);
});

function loaded(args: readonly string[]): string {
  const environment = { ...process.env, NODE_DEBUG: 'esm', NODE_COMPILE_CACHE: '' };
  return spawnSync(command, args, { encoding: 'utf8', env: environment }).stderr;
}
