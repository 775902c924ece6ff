import { z } from 'zod';
import { guestSchema } from './guest-schema.ts';
import { policySchema } from './policy-schema.ts';
import { rulesSchema } from './rule-schema.ts';
import { settingsSchema } from './settings-schema.ts';

/** The files of schema/ by name. Draft 7: what the editors' YAML language server knows best. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  return {
    'rules.json': jsonSchema('Device rules of hostler', rulesSchema),
    'guest.json': jsonSchema('A guest of hostler', guestSchema),
    'policy.json': jsonSchema('A policy of hostler', policySchema),
    'hostler.json': jsonSchema('Settings of hostler', settingsSchema),
  };
}

function jsonSchema(title: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
