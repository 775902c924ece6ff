import { z } from 'zod';
import type { Address } from '../model/config.ts';
import { isLoopback, listenProblem, parseListen } from './listen.ts';
import { mapping, text, yesOrNo } from './schema-parts.ts';

const USUAL = '127.0.0.1:9477';
const RIGHT = `off, or { listen: "${USUAL}" }`;

export const DEFAULT_METRICS: Address = { host: '127.0.0.1', port: 9477 };

const off = text(RIGHT, (word) => (word === 'off' ? undefined : `write ${RIGHT}`), { pattern: '^off$' });
const keys = mapping(RIGHT, {
  listen: text(`an address and a port, such as "${USUAL}"`, listenProblem, {
    description: 'Where metrics are read.',
    pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]+$',
    default: USUAL,
  }).optional(),
  exposed: yesOrNo({
    description: 'Whether others than this host may reach the address: everything is told to whoever asks.',
    default: false,
  }).optional(),
});
const table = keys.superRefine(addExposed, { when: ({ issues }) => issues.length === 0 });

/** metrics of hostler.yaml. */
export const metricsSchema = z.union([off, table], { error: RIGHT }).meta({
  description: 'Where Prometheus reads metrics. off: nowhere.',
});

export function metricsModel(said: z.infer<typeof metricsSchema>): Address | 'off' {
  if (typeof said === 'string') return 'off';
  return parseListen(said.listen ?? USUAL) ?? DEFAULT_METRICS;
}

function addExposed({ listen, exposed }: z.infer<typeof keys>, context: z.RefinementCtx): void {
  const address = listen === undefined ? undefined : parseListen(listen);
  if (address === undefined || isLoopback(address.host) || exposed === true) return;
  const message = `${listen} can be reached from elsewhere, where everybody may read it; write ${USUAL}, or add exposed: true`;
  context.addIssue({ code: 'custom', message, path: ['listen'] });
}
