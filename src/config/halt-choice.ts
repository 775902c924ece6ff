import { z } from 'zod';
import { type HaltChoice, INIT_KINDS } from '../model/halt.ts';
import { commandWords } from './command-words.ts';
import { oneWord } from './one-word.ts';
import { addOthers } from './only-one.ts';
import { mapping, whole } from './schema-parts.ts';

const RIGHT = 'the kind of its init, such as systemd, or one such as { signal: 37 } or { command: [poweroff] }';

const table = mapping(RIGHT, {
  signal: whole('a signal from 1 to 64, such as 37', 1, 64, { description: 'Sent to init.' }).optional(),
  initctl: whole('0, the runlevel that halts', 0, 0, {
    description: "A runlevel asked for through sysvinit's /run/initctl.",
  }).optional(),
  command: commandWords('[poweroff]')
    .meta({ description: 'A program that is run inside.', examples: [['poweroff']] })
    .optional(),
}).superRefine((said, context) => addOthers(said, context, 'signal, initctl or command'));

export const haltSchema = z.union([oneWord(INIT_KINDS, RIGHT), table], { error: RIGHT }).meta({
  description: `How it is halted: the kind of its init (${INIT_KINDS.join(', ')}), or the way itself. Usually found by looking.`,
});

export function haltModel(said: z.infer<typeof haltSchema>): HaltChoice {
  if (typeof said === 'string') return { kind: 'init', init: INIT_KINDS.find((kind) => kind === said) ?? 'plain' };
  const { signal, initctl, command } = said;
  if (signal !== undefined) return { kind: 'signal', signal };
  if (command !== undefined) return { kind: 'command', words: command };
  return { kind: 'initctl', level: initctl ?? 0 };
}
