import { z } from 'zod';
import type { AlertSettings } from '../model/alert.ts';
import { type SinkInput, sinkModel, sinkSchema } from './alert-sink.ts';
import { parseDuration } from './duration.ts';
import { usualDuration } from './duration-schema.ts';
import { mapping } from './schema-parts.ts';

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
    cooldown: usualDuration('Between two alerts about the same resource of a guest.', '5m'),
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
