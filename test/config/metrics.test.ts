import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsOf, folderOf } from './folder.ts';

const USUAL = { host: '127.0.0.1', port: 9477 };

test.each([
  ['lxcPath: /srv', USUAL],
  ['metrics: off', 'off'],
  ['metrics: {}', USUAL],
  ['metrics: { listen: "127.0.0.1:9000" }', { host: '127.0.0.1', port: 9000 }],
  ['metrics: { listen: "127.1.2.3:65535" }', { host: '127.1.2.3', port: 65_535 }],
  ['metrics: { listen: "[::1]:9477" }', { host: '::1', port: 9477 }],
  ['metrics: { listen: "0.0.0.0:9477", exposed: true }', { host: '0.0.0.0', port: 9477 }],
  ['metrics: { listen: "[::]:9477", exposed: true }', { host: '::', port: 9477 }],
])('%s', async (line, metrics) => {
  const loaded = await loadConfig(folderOf({ 'hostler.yaml': line }), {});
  expect(loaded.ok && loaded.config.settings.metrics).toEqual(metrics);
});

const noAddress = (written: string) =>
  `1:20: metrics.listen: "${written}" is no address with a port; write one, such as 127.0.0.1:9477 or "[::1]:9477"`;
const reached = (written: string) =>
  `1:20: metrics.listen: ${written} can be reached from elsewhere, where everybody may read it; write 127.0.0.1:9477, or add exposed: true`;

test.each([
  ['metrics: on', '1:10: metrics: write off, or { listen: "127.0.0.1:9477" }'],
  ['metrics: { listen: "localhost:9477" }', noAddress('localhost:9477')],
  ['metrics: { listen: "127.0.0.1" }', noAddress('127.0.0.1')],
  ['metrics: { listen: "127.0.0.1:0" }', noAddress('127.0.0.1:0')],
  ['metrics: { listen: "127.0.0.1:65536" }', noAddress('127.0.0.1:65536')],
  ['metrics: { listen: "127.0.0.256:9477" }', noAddress('127.0.0.256:9477')],
  ['metrics: { listen: "::1:9477" }', noAddress('::1:9477')],
  ['metrics: { listen: "[127.0.0.1]:9477" }', noAddress('[127.0.0.1]:9477')],
  ['metrics: { listen: "0.0.0.0:9477" }', reached('0.0.0.0:9477')],
  ['metrics: { listen: "[::]:9477" }', reached('[::]:9477')],
  ['metrics: { listen: "[::ffff:10.0.0.1]:9477" }', reached('[::ffff:10.0.0.1]:9477')],
  ['metrics: { listen: "128.0.0.1:9477", exposed: false }', reached('128.0.0.1:9477')],
  ['metrics: { port: 9477 }', '1:12: unknown key "port" in metrics; known here: listen, exposed'],
  ['metrics: { exposed: 1 }', '1:21: metrics.exposed cannot be the number 1; write true or false'],
])('%s is refused', async (line, says) => {
  expect(await complaintsOf(folderOf({ 'hostler.yaml': line }))).toEqual([`hostler.yaml:${says}`]);
});
