import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostler } from './hostler.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-sizing-'));
  for (const name of ['policies', 'lxc/web1', 'lxc/web2']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['web1', 'web2']) writeFileSync(join(folder, 'lxc', name, 'config'), '');
  writeFileSync(join(folder, 'hostler.yaml'), `lxcPath: ${join(folder, 'lxc')}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = () => ['--config', folder];

function writePolicy(name: string, text: string): string {
  const file = join(folder, 'policies', name);
  writeFileSync(file, text);
  return file;
}

describe('split', () => {
  test('prints a policy that is right, and that all guests may have without a word from validate', async () => {
    const { code, out, err } = await hostler(['split', '-n', '2', '--name', 'half', ...config()]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^# One of 2 equal guests on a host with [\d.]+GiB of memory and /);
    expect(out).toMatch(/^# Commitment level 0: /m);
    expect(out).toMatch(/^# {3}vmguarpages {2}\d+:max$/m);
    writePolicy('half.yaml', out.replace('policy: half\n', 'policy: half\nguests: web*\n'));
    expect(await hostler(['check', ...config()])).toEqual({
      code: 0,
      out: '',
      err: '2 files, no problems, no warnings\n',
    });
    const { code: valid, out: table } = await hostler(['validate', ...config()]);
    expect(valid).toBe(0);
    const share = availableParallelism() * 100;
    expect(table).toMatch(new RegExp(`^cpu.guarantee +${share}% +${share}% +1.00 +\\d+ +ok$`, 'm'));
    for (const row of ['memory.rss.limit', 'memory.as.limit', 'processes.limit'])
      expect(table).toMatch(new RegExp(`^${row} .* (0.9\\d|1.00) +\\d+ +(ok|recommendation)$`, 'm'));
  });

  test('of more guests than there is room for says how many there is room for', async () => {
    const { code, out, err } = await hostler(['split', '-n', '100000', ...config()]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^hostler: E_TOO_MANY 100000: so many guests find no room on this host: at most \d+; /);
    const [, most = ''] = /at most (\d+)/.exec(err) ?? [];
    expect((await hostler(['split', '-n', most, ...config()])).code).toBe(0);
  });

  test.each([
    [[], '--number is missing; write a whole number from 1 to 100000'],
    [['-n', '0'], '"0" is no number of guests; write a whole number from 1 to 100000'],
    [['-n', '1e3'], '"1e3" is no number of guests'],
    [['-n', '2', '--name', 'a b'], '"a b" cannot be a policy\'s name'],
  ])('with %j is wrong usage', async (words, says) => {
    const { code, err } = await hostler(['split', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});

describe('validate', () => {
  test('ends with 65 when more is guaranteed than there is, and names file, line and guests', async () => {
    const file = writePolicy(
      'whole.yaml',
      'policy: whole\nguests: web*\nmemory: { min: 4096TiB, rss: { limit: 4096TiB } }\n',
    );
    const { code, out, err } = await hostler(['validate', ...config()]);
    expect(code).toBe(65);
    expect(out).toMatch(/^memory.min +8192TiB +\S+ +\d+\.\d\d +0 +error$/m);
    expect(err).toContain(`${file}:3:16: error: memory.min: `);
    expect(err).toContain('web1 4096TiB, web2 4096TiB; lower it');
    expect(err).toContain(`${file}:3:39: warning: memory.rss.limit: 4096TiB, and this host has `);
  });

  test('--json has all sums and findings for programs', async () => {
    const file = writePolicy('small.yaml', 'policy: small\nguests: web1\nprocesses: { limit: 100 }\n');
    const { code, out } = await hostler(['validate', '--json', ...config()]);
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found.guests).toEqual(expect.arrayContaining(['web1', 'web2']));
    expect(found.commitments).toContainEqual({
      key: 'processes.limit',
      unit: 'count',
      committed: 100,
      available: found.capacity.processes,
      level: 'recommendation',
      unlimited: found.guests.filter((name: string) => name !== 'web1'),
      place: { file, line: 3, column: 21 },
    });
    expect(found.bursts).toEqual({ savedUs: 0, lastsUs: 0 });
  });

  test('of a configuration that is wrong says what is wrong', async () => {
    const file = writePolicy('bad.yaml', 'policy: bad\nprocesses: { limit: 0 }\n');
    const { code, out, err } = await hostler(['validate', ...config()]);
    expect({ code, out }).toEqual({ code: 65, out: '' });
    expect(err).toContain(`${file}:2:21: processes.limit: `);
  });
});
