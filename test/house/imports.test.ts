import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Source, sources } from './sources.ts';

/** Which folder of src may import which others; `package` is anything that is no file of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  devices: ['model'],
  limits: ['model'],
  lifecycle: ['model'],
  ports: ['model'],
  report: ['model', 'ports'],
  config: ['model', 'package', 'node'],
  import: ['model', 'limits', 'config'],
  agent: ['model', 'ports', 'devices', 'limits', 'lifecycle', 'report', 'node'],
  control: ['model', 'ports', 'node'],
  linux: ['model', 'ports', 'config', 'package', 'node'],
  guests: ['model', 'ports', 'node'],
  cli: ['model', 'ports', 'devices', 'limits', 'lifecycle', 'report', 'config', 'import', 'main', 'node'],
  main: ['model', 'ports', 'devices', 'agent', 'control', 'config', 'linux', 'guests', 'package', 'node'],
};
const PURE = ['model', 'devices', 'limits', 'lifecycle', 'report', 'ports', 'import'];
const CLOCKS = /\b(?:Date\.now|new Date|performance\.now|setTimeout|setInterval|setImmediate|Math\.random|process\.)/;

const files = sources('src', '.ts');

describe('the import rule', () => {
  test.each(Object.keys(MAY_IMPORT))('%s imports only what it may', (folder) => {
    const own = files.filter(({ path }) => folderOf(path) === folder);
    expect(own.length).toBeGreaterThan(0);
    expect(own.flatMap((file) => forbidden(file, folder))).toEqual([]);
  });

  test('every folder of src has its line in the rule', () => {
    expect(new Set(files.map(({ path }) => folderOf(path)))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });

  test.each(PURE)('%s reads no clock and no process', (folder) => {
    const reading = files.filter(({ path, text }) => folderOf(path) === folder && CLOCKS.test(withoutComments(text)));
    expect(reading.map(({ path }) => path)).toEqual([]);
  });

  test('nothing imports in a circle', () => {
    expect(files.flatMap(({ path }) => (reaches(path, path) ? [path] : []))).toEqual([]);
  });

  test('only configuration files import zod and yaml, and only the configuration is watched by chokidar', () => {
    const importers = (name: string) => files.filter(({ imports }) => imports.includes(name)).map(({ path }) => path);
    expect([...importers('zod'), ...importers('yaml')].filter((path) => folderOf(path) !== 'config')).toEqual([]);
    expect(importers('chokidar')).toEqual(['src/linux/configuration.ts']);
  });
});

function forbidden({ path, imports }: Source, folder: string): readonly string[] {
  const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
  return imports.filter((name) => !allowed.includes(kindOf(path, name))).map((name) => `${path} imports ${name}`);
}

function kindOf(path: string, name: string): string {
  if (name.startsWith('node:')) return 'node';
  if (name.endsWith('package.json')) return 'node';
  return name.startsWith('.') ? folderOf(join(dirname(path), name)) : 'package';
}

function folderOf(path: string): string {
  const [, first = ''] = path.split('/');
  return first.replace(/\.ts$/, '');
}

const byPath = new Map(files.map((file) => [file.path, file]));

// A lazy import is no circle: it happens after both files are there.
function reaches(from: string, to: string, seen = new Set<string>()): boolean {
  const file = byPath.get(from);
  if (file === undefined || seen.has(from)) return false;
  seen.add(from);
  const eager = [...file.text.matchAll(/from\s+'(\.[^']+)'/g)].map(([, name = '']) => join(dirname(from), name));
  return eager.some((next) => next === to || reaches(next, to, seen));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
