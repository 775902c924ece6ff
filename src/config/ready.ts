import { z } from 'zod';
import type { Readiness } from '../model/lifecycle.ts';
import { absolutePathProblem } from './absolute-path.ts';
import { commandWords } from './command-words.ts';
import { durationProblem, parseDuration } from './duration.ts';
import { listenProblem, parseListen } from './listen.ts';
import { oneWord } from './one-word.ts';
import { addOthers } from './only-one.ts';
import { mapping, text, whole } from './schema-parts.ts';

const RIGHT =
  'armed, notify, or one such as { tcp: 5432 }, { socket: /run/x.sock }, { file: /run/ready } or { delay: 10s }';
const PORT = 'a port from 1 to 65535, or an address of the guest such as "10.0.0.5:5432"';
const path = (description: string) =>
  text('an absolute path, such as /run/ready', absolutePathProblem, { description, pattern: '^/' }).optional();

const table = mapping(RIGHT, {
  tcp: z
    .union([whole(PORT, 1, 65_535), text(PORT, listenProblem, {})], { error: PORT })
    .meta({ description: 'Somebody inside listens on the port; at an address: takes connections from the host.' })
    .optional(),
  socket: path('Somebody inside listens on that socket.'),
  file: path('That file is there.'),
  command: commandWords('[pg_isready, -q]')
    .meta({ description: 'A program inside that ends with 0.', examples: [['pg_isready', '-q']] })
    .optional(),
  delay: text('a duration, such as 10s', durationProblem, {
    description: 'So long after its start.',
    pattern: '^[1-9][0-9]*(ms|s|m|h)$',
  }).optional(),
}).superRefine((said, context) => addOthers(said, context, 'tcp, socket, file, command or delay'));

export const readySchema = z.union([oneWord(['armed', 'notify'], RIGHT), table], { error: RIGHT }).meta({
  description:
    'What tells that the guest does its work. armed: its init takes the signal that halts it, or is a plain process that does not even after 2 s. notify: it says so (sd_notify).',
  default: 'armed',
});

export function readyModel(said: z.infer<typeof readySchema> = 'armed'): Readiness {
  if (typeof said === 'string') return { kind: said === 'notify' ? 'notify' : 'armed' };
  const { tcp, socket, file, command } = said;
  if (typeof tcp === 'number') return { kind: 'tcp', port: tcp };
  const address = parseListen(tcp ?? '');
  if (address !== undefined) return { kind: 'tcp', ...address };
  if (socket !== undefined) return { kind: 'socket', path: socket };
  if (file !== undefined) return { kind: 'file', path: file };
  if (command !== undefined) return { kind: 'command', words: command };
  return { kind: 'delay', delayMs: parseDuration(said.delay ?? '') ?? 0 };
}
