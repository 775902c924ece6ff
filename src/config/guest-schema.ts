import { policyNameProblem } from './entry-name.ts';
import { guestNameProblem } from './guest-name.ts';
import { restartSchema } from './restart-schema.ts';
import { choice, mapping, text } from './schema-parts.ts';
import { startSchema } from './start-schema.ts';
import { stopSchema } from './stop-schema.ts';

/** A file of guests/. */
export const guestSchema = mapping(
  "a guest's settings, beginning with guest: NAME",
  {
    guest: text("the guest's name, such as web1", guestNameProblem, {
      description: 'The name of the guest, as its runtime knows it.',
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$',
      examples: ['web1'],
    }),
    runtime: choice(['lxc', 'nspawn'], { description: 'What runs the guest.' }).optional(),
    policy: text('the name of a policy, such as small-service', policyNameProblem, {
      description: 'What the guest may use: a policy of policies/.',
      examples: ['small-service'],
    }).optional(),
    devices: choice(['confined'], {
      description:
        'confined: a guest that may open every device is closed to the standard ones (null, zero, full, random, urandom, tty, console, ptmx, pts) and what rules give it.',
    }).optional(),
    start: startSchema.optional(),
    stop: stopSchema.optional(),
    restart: restartSchema.optional(),
  },
  { description: 'What is special about one guest. A guest needs no file to be looked after.' },
);
