import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debianPackage } from '../contract/debian-package.ts';
import { listed } from '../control/agent-value.ts';
import { command, ended, hostler } from './hostler.ts';
import { served } from './served.ts';

const [fish, common, library] = ['fish', 'fish-common', 'libpcre2-32-0'].map((name) => debianPackage(name));
const lack = [fish, common, library].find((one) => one?.lack)?.lack;
if (lack !== undefined) process.stderr.write(`${lack}\n`);

/** Debian's fish, which is not installed. */
describe.skipIf(lack !== undefined)('fish completes', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hostler-fish-'));
    symlinkSync(command, join(folder, 'hostler'));
    writeFileSync(join(folder, 'script'), (await hostler(['completion', 'fish'])).out);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What fish offers at the end of each of these lines, without what it says of that. */
  async function offered(lines: readonly string[], socket = '/nowhere'): Promise<Record<string, readonly string[]>> {
    const functions = join(common?.unpacked ?? '', 'usr/share/fish/functions');
    const script = [`set fish_function_path ${functions}`, `source ${join(folder, 'script')}`, ...lines.map(asked)];
    const env = {
      ...process.env,
      HOME: folder,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      LD_LIBRARY_PATH: libraries(),
      HOSTLER_SOCKET: socket,
    };
    const child = spawn(join(fish?.unpacked ?? '', 'usr/bin/fish'), ['--no-config', '-c', script.join('\n')], {
      cwd: folder,
      env,
    });
    const { code, out, err } = await ended(child);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const parts = out.split('\u0001').slice(1);
    return Object.fromEntries(
      lines.map((line, at) => [line, (parts[at] ?? '').split('\n').flatMap((one) => one.split('\t')[0] || [])]),
    );
  }

  test('commands, their options, and words in their places, and nothing where nobody knows more', async () => {
    expect(
      await offered([
        'hostler re',
        'hostler -q st',
        'hostler --socket /x sta',
        'hostler plan ',
        'hostler alerts ',
        'hostler import ',
        'hostler import vserver scr',
        'hostler completion ',
        'hostler help help ',
        'hostler stop --timeout ',
        'hostler start --ma',
        'hostler --vers',
        'hostler --no-',
        'hostler -q --vers',
        'hostler --version ',
        'hostler plan web1 --bud',
        'hostler plan shutdown --bud',
        'hostler help -- sp',
        'hostler show -- --',
      ]),
    ).toEqual({
      'hostler re': ['reload', 'restart'],
      'hostler -q st': ['start', 'status', 'stop'],
      'hostler --socket /x sta': ['start', 'status'],
      'hostler plan ': ['shutdown'],
      'hostler alerts ': ['test'],
      'hostler import ': ['lxc', 'openvz', 'vserver'],
      'hostler import vserver scr': ['script'],
      'hostler completion ': ['bash', 'fish', 'zsh'],
      'hostler help help ': [],
      'hostler stop --timeout ': [],
      'hostler start --ma': ['--mark'],
      'hostler --vers': ['--version'],
      'hostler --no-': ['--no-color'],
      'hostler -q --vers': [],
      'hostler --version ': [],
      'hostler plan web1 --bud': [],
      'hostler plan shutdown --bud': ['--budget'],
      'hostler help -- sp': ['split'],
      'hostler show -- --': [],
    });
  });

  test('names of guests, as the agent has them, as often as the command takes one', async () => {
    const guests = listed.filter(({ runtime }) => runtime !== 'host').map(({ name }) => name);
    const lines = [
      'hostler stop ',
      'hostler stop -t 5 web1 ',
      'hostler show ',
      'hostler show web1 ',
      'hostler stop --all ',
      'hostler start --mark db ',
    ];
    const named = Object.values(await offered(lines, await served()));
    expect(named.map((names) => names.toSorted())).toEqual([
      guests.toSorted(),
      guests.toSorted(),
      guests.toSorted(),
      [],
      [],
      [],
    ]);
  });
});

function asked(line: string): string {
  return `printf '\\u0001'; complete -C '${line}'`;
}

/** Where the package has its library, whatever the machine is called. */
function libraries(): string {
  const folder = join(library?.unpacked ?? '', 'usr/lib');
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .join(delimiter);
}
