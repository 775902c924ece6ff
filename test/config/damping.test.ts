import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsOf, folderOf } from './folder.ts';

test.each([
  ['damping: off', 'off'],
  ['damping: {}', { plugs: 12, withinMs: 20_000, calmMs: 5_000 }],
  ['damping: { plugs: 3, within: 1m, calm: 500ms }', { plugs: 3, withinMs: 60_000, calmMs: 500 }],
  ['damping: { calm: 2s }', { plugs: 12, withinMs: 20_000, calmMs: 2_000 }],
])('%s', async (line, damping) => {
  const loaded = await loadConfig(folderOf({ 'hostler.yaml': line }), {});
  expect(loaded.ok && loaded.config.settings.damping).toEqual(damping);
});

const RIGHT = 'off, or { plugs: 12, within: 20s, calm: 5s }';

test.each([
  ['damping: never', `1:10: damping: write ${RIGHT}`],
  ['damping: true', '1:10: damping: YAML reads true as the boolean true; write it in quotes, "true"'],
  ['damping: [12]', `1:10: damping cannot be a list; write ${RIGHT}`],
  ['damping: { plugs: 0 }', '1:19: damping.plugs: 0 is too small; write a whole number from 1 to 1000, such as 12'],
  ['damping: { plugs: 2.5 }', '1:19: damping.plugs: 2.5 is not whole; write a whole number from 1 to 1000, such as 12'],
  [
    'damping: { plugs: 1001 }',
    '1:19: damping.plugs: 1001 is too large; write a whole number from 1 to 1000, such as 12',
  ],
  [
    'damping: { plugs: many }',
    '1:19: damping.plugs cannot be the text "many"; write a whole number from 1 to 1000, such as 12',
  ],
  ['damping: { within: 20 }', '1:20: damping.within: 20 has no unit; write a duration, such as 20s'],
  [
    'damping: { calm: soon }',
    '1:18: damping.calm: "soon" is no duration; write a whole number and ms, s, m or h, such as 30s',
  ],
  ['damping: { often: 3 }', '1:12: unknown key "often" in damping; known here: plugs, within, calm'],
])('%s is refused', async (line, says) => {
  expect(await complaintsOf(folderOf({ 'hostler.yaml': line }))).toEqual([`hostler.yaml:${says}`]);
});
