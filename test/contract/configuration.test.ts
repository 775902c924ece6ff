import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { configurationFolder } from '../../src/linux/configuration.ts';
import type { Configuration } from '../../src/ports/configuration.ts';
import { rule } from '../devices/make.ts';
import { configOf, fakeConfiguration } from '../fakes/configuration.ts';
import { eventually } from '../scenarios/eventually.ts';

/** A configuration without rules, and hands that write into it. */
interface Side {
  readonly configuration: Configuration;
  /** A rule of this name for one guest. */
  writesRule(name: string): void;
  writesNonsense(): void;
}

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const sides: readonly (readonly [string, () => Side])[] = [
  ['the configuration in memory', inMemory],
  ['the configuration in a folder', onDisk],
];

describe.each(sides)('%s', (_name, side) => {
  test('is read as it is now', async () => {
    const { configuration, writesRule } = side();
    expect(await configuration.load()).toMatchObject({ ok: true, config: { rules: [] } });
    writesRule('port');
    expect(await configuration.load()).toMatchObject({ ok: true, config: { rules: [{ name: 'port' }] } });
  });

  test('that cannot be used says what is wrong with it, and where', async () => {
    const { configuration, writesNonsense } = side();
    writesNonsense();
    const loaded = await configuration.load();
    expect(loaded).toMatchObject({
      ok: false,
      problems: [{ says: expect.any(String), place: { line: expect.any(Number) } }],
    });
  });

  test('tells of a change once it is watched, more than once, and not after it was closed', async () => {
    const { configuration, writesRule } = side();
    let changes = 0;
    expect(
      await configuration.watch(() => {
        changes += 1;
      }),
    ).toBeUndefined();
    expect(changes).toBe(0);
    // What is written in several steps may be told of more than once.
    for (const name of ['a', 'b']) {
      const before = changes;
      writesRule(name);
      await eventually(() => expect(changes).toBeGreaterThan(before));
    }
    await configuration.close();
  });

  test('that is closed while a new watch begins is not watched any more', async () => {
    const { configuration, writesRule } = side();
    let changes = 0;
    const count = () => {
      changes += 1;
    };
    await configuration.watch(count);
    const again = configuration.watch(count);
    await configuration.close();
    await again;
    writesRule('a');
    await pause(1000);
    expect(changes).toBe(0);
  });
});

test('a configuration whose folder is not there is watched when it is, and says until then that it is not', async () => {
  const above = mkdtempSync(join(tmpdir(), 'hostler-config-'));
  const folder = join(above, 'hostler');
  const configuration = configurationFolder(folder);
  endings.push(async () => {
    await configuration.close();
    rmSync(above, { recursive: true });
  });
  const unread = { code: 'W_FOLDER', subject: folder, detail: 'there is no such folder' };
  expect(await configuration.watch(() => {})).toEqual(unread);
  mkdirSync(folder);
  expect(await configuration.watch(() => {})).toBeUndefined();
});

function inMemory(): Side {
  const configuration = fakeConfiguration(configOf());
  const write = (...loaded: Parameters<typeof configuration.write>) => {
    configuration.write(...loaded);
    configuration.changes();
  };
  return {
    configuration,
    writesRule: (name) => write({ ok: true, config: configOf(rule(name)), warnings: [] }),
    writesNonsense: () => {
      const place = { file: 'x', line: 1, column: 1 };
      write({ ok: false, problems: [{ place, code: 'E_CONFIG_YAML', says: 'nonsense' }], warnings: [] });
    },
  };
}

function onDisk(): Side {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-config-'));
  mkdirSync(join(folder, 'rules'));
  const configuration = configurationFolder(folder);
  endings.push(async () => {
    await configuration.close();
    rmSync(folder, { recursive: true });
  });
  const write = (text: string) => writeFileSync(join(folder, 'rules/a.yaml'), text);
  return {
    configuration,
    writesRule: (name) => write(`- rule: ${name}\n  match: { subsystem: tty }\n  guest: web1\n`),
    writesNonsense: () => write('nonsense: [\n'),
  };
}
