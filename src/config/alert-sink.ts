import type { z } from 'zod';
import type { SinkSettings } from '../model/alert.ts';
import { absolutePathProblem } from './absolute-path.ts';
import { mailProblem, urlProblem } from './address.ts';
import { commandWords } from './command-words.ts';
import { mapping, text } from './schema-parts.ts';

const KINDS = ['alertmanager', 'webhook', 'command', 'mail'] as const;
const SINK = 'an entry such as alertmanager: "http://127.0.0.1:9093"';

const words = commandWords('[/usr/local/bin/page, --urgent]')
  .superRefine(addWithoutPath, { when: ({ value }) => Array.isArray(value) })
  .meta({
    description:
      'A program that is run for each alert, with JSON on its standard input and HOSTLER_* in its environment.',
    examples: [['/usr/local/bin/page', '--urgent']],
  });

const sinkTable = mapping(SINK, {
  alertmanager: text('where an Alertmanager listens, such as "http://127.0.0.1:9093"', urlProblem, {
    description: 'The address of a Prometheus Alertmanager, without /api/v2/alerts.',
    pattern: '^https?://',
    examples: ['http://127.0.0.1:9093'],
  }).optional(),
  webhook: text('an address, such as "http://127.0.0.1:8080/alerts"', urlProblem, {
    description: "Where alerts are posted to, in the form of Alertmanager's webhooks.",
    pattern: '^https?://',
    examples: ['https://chat.example/hooks/alerts'],
  }).optional(),
  command: words.optional(),
  mail: text('an address, such as root or admin@example.org', mailProblem, {
    description: 'Who gets mail, through /usr/sbin/sendmail.',
    examples: ['root', 'admin@example.org'],
  }).optional(),
  'authorization-file': text('an absolute path, such as /etc/hostler/webhook.auth', absolutePathProblem, {
    description: 'A file whose text is sent as the Authorization header, such as "Bearer TOKEN".',
    pattern: '^/',
  }).optional(),
});

export type SinkInput = z.infer<typeof sinkTable>;

/** An entry of alerts.sinks. */
export const sinkSchema = sinkTable
  .superRefine(addWrongKinds, { when: ({ issues }) => issues.length === 0 })
  .meta({ description: 'Exactly one of alertmanager, webhook, command and mail.' });

export function sinkModel(input: SinkInput): readonly SinkSettings[] {
  const file = input['authorization-file'];
  const authorization = file === undefined ? {} : { authorizationFile: file };
  const [program, ...others] = input.command ?? [];
  if (input.alertmanager !== undefined) return [{ kind: 'alertmanager', url: input.alertmanager, ...authorization }];
  if (input.webhook !== undefined) return [{ kind: 'webhook', url: input.webhook, ...authorization }];
  if (program !== undefined) return [{ kind: 'command', command: [program, ...others] }];
  return input.mail === undefined ? [] : [{ kind: 'mail', address: input.mail }];
}

function addWrongKinds(input: SinkInput, context: z.RefinementCtx): void {
  const [kind, other] = KINDS.filter((name) => input[name] !== undefined);
  const add = (path: string[], message: string) => context.addIssue({ code: 'custom', message, path });
  if (kind === undefined) add([], `names no sink; write one of ${KINDS.join(', ')}`);
  else if (other !== undefined) add([other], `the entry is ${kind} already; write an entry for each`);
  else if (input['authorization-file'] !== undefined && kind !== 'alertmanager' && kind !== 'webhook')
    add(['authorization-file'], `is of no use with ${kind}; leave it out`);
}

function addWithoutPath(command: readonly unknown[], context: z.RefinementCtx): void {
  const [program] = command;
  const problem = typeof program === 'string' ? absolutePathProblem(program) : undefined;
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: [0] });
}
