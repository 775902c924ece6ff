import { z } from 'zod';
import type { AlertSettings } from '../model/alert.ts';
import { type SinkInput, sinkModel, sinkSchema } from './alert-sink.ts';
import { durationProblem, parseDuration } from './duration.ts';
import { mapping, text } from './schema-parts.ts';

export const DEFAULT_ALERTS: AlertSettings = { sinks: [], cooldownMs: 300_000 };

const SINKS = 'a list of sinks, such as [{ alertmanager: "http://127.0.0.1:9093" }, { mail: root }]';
const MOST_SINKS = 16;

/** alerts of hostler.yaml. */
export const alertsSchema = mapping(
  'where alerts go, such as { sinks: [{ mail: root }] }',
  {
    sinks: z
      .array(sinkSchema, { error: SINKS })
      .max(MOST_SINKS, { error: `at most ${MOST_SINKS}` })
      .superRefine(addRepeated, { when: ({ value }) => Array.isArray(value) })
      .meta({ description: 'Where alerts are told besides the journal.' })
      .optional(),
    cooldown: text('a duration, such as 5m', durationProblem, {
      description: 'Between two alerts about the same resource of a guest.',
      pattern: '^[0-9]+(ms|s|m|h)$',
      default: '5m',
    }).optional(),
  },
  { description: 'Where alerts go.' },
);

export function alertsModel({ sinks = [], cooldown = '' }: z.infer<typeof alertsSchema>): AlertSettings {
  return { sinks: sinks.flatMap(sinkModel), cooldownMs: parseDuration(cooldown) ?? DEFAULT_ALERTS.cooldownMs };
}

function addRepeated(sinks: readonly SinkInput[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, sink] of sinks.entries()) {
    const key = JSON.stringify(sink);
    const message = 'is in the list twice; leave one out';
    if (seen.has(key)) context.addIssue({ code: 'custom', message, path: [index] });
    seen.add(key);
  }
}
