import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPaths } from '../../src/config/check.ts';
import { jsonSchemas } from '../../src/config/json-schema.ts';
import { folderOf } from './folder.ts';

const root = join(import.meta.dirname, '../..');
const schemas = Object.entries(jsonSchemas());

test.each(schemas)('schema/%s is what the code says; npm run schema writes it', (name, content) => {
  expect(readFileSync(join(root, 'schema', name), 'utf8')).toBe(content);
});

test.each(schemas)('schema/%s describes every key to an editor', (_name, content) => {
  const described = [...content.matchAll(/"(?:description|\$ref)"/g)].length;
  expect(described).toBeGreaterThanOrEqual(keysOf(JSON.parse(content)).length);
});

test('every shipped policy is right, builds on one that is there, and is named after its file', async () => {
  const files = readdirSync(join(root, 'policies'));
  expect(files).toEqual(['batch.yaml', 'database.yaml', 'default.yaml', 'small-service.yaml']);
  for (const file of files) {
    const [first] = readFileSync(join(root, 'policies', file), 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../schema/policy.json');
  }
  const folder = folderOf(
    Object.fromEntries(files.map((file) => [`policies/${file}`, readFileSync(join(root, 'policies', file))])),
  );
  expect(await checkPaths([folder], {})).toEqual({ files: 4, problems: [], warnings: [] });
});

test('every shipped rule is right by itself, and tells editors its schema', async () => {
  const files = readdirSync(join(root, 'rules')).map((name) => join(root, 'rules', name));
  expect(files).toHaveLength(8);
  for (const file of files) {
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=../schema/rules.json');
    expect(await checkPaths([file], {})).toEqual({ files: 1, problems: [], warnings: [] });
  }
  expect(await checkPaths([join(root, 'rules')], {})).toEqual({ files: 8, problems: [], warnings: [] });
});

/** Every key of every `properties` in a JSON Schema. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own =
    'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}
