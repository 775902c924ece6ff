import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsOf, folderOf } from './folder.ts';

test.each([
  ['lxcPath: /srv', undefined],
  ['cpu: {}', undefined],
  ['cpu: { bursts: grant }', 'grant'],
  ['cpu: { bursts: lease }', 'lease'],
])('%s', async (line, bursts) => {
  const loaded = await loadConfig(folderOf({ 'hostler.yaml': line }), {});
  expect(loaded.ok && loaded.config.settings.bursts).toBe(bursts);
});

test.each([
  ['cpu: lease', '1:6: cpu cannot be the text "lease"; write settings of CPU time, such as { bursts: lease }'],
  ['cpu: { bursts: quota }', '1:16: cpu.bursts: "quota" is unknown; write grant or lease'],
])('%s is refused', async (line, problem) => {
  expect(await complaintsOf(folderOf({ 'hostler.yaml': line }))).toEqual([`hostler.yaml:${problem}`]);
});
