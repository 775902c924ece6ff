import { z } from 'zod';
import { accessProblem } from './access.ts';
import { addContradictions } from './contradictions.ts';
import { devPathProblem } from './dev-path.ts';
import { ruleNameProblem } from './entry-name.ts';
import { guestPatternProblem } from './guest-name.ts';
import { isMapping } from './is-mapping.ts';
import { linkEntryProblem } from './link-text.ts';
import { matchSchema } from './match-schema.ts';
import { modeProblem, ownerProblem } from './ownership.ts';
import { choice, list, mapping, pattern, text, yesOrNo } from './schema-parts.ts';
import { whenProblem } from './when.ts';

const nodeSchema = mapping(
  'how the node looks, such as { mode: "0660", group: scanner }',
  {
    path: text('an absolute path below /dev, such as /dev/scanner', devPathProblem, {
      description: "The node's path inside the guest. Default: its path on the host.",
      pattern: '^/dev/',
      examples: ['/dev/scanner'],
    }).optional(),
    mode: text('four octal digits in quotes, such as "0660"', modeProblem, {
      description: 'Permissions. Left out: they begin as on the host, and then belong to the guest.',
      pattern: '^0[0-7]{3}$',
      examples: ['0660'],
    }).optional(),
    owner: text("a user's name in the guest, such as root", ownerProblem, {
      description: "A user of the guest's own passwd file, or a number in quotes. Left out: it belongs to the guest.",
      examples: ['root'],
    }).optional(),
    group: text("a group's name in the guest, such as scanner", ownerProblem, {
      description: "A group of the guest's own group file, or a number in quotes. Left out: it belongs to the guest.",
      examples: ['scanner', 'dialout'],
    }).optional(),
  },
  {
    description: 'How the node looks in the guest. What is stated here is kept; what is left out belongs to the guest.',
  },
);

/** One rule as a file writes it. */
export const ruleSchema = mapping(
  'a rule, with the keys rule, match and guest',
  {
    rule: text('a name, such as front-desk-scanner', ruleNameProblem, {
      description: 'The name of the rule, in messages and metrics. No other rule has it.',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
      examples: ['front-desk-scanner'],
    }),
    match: matchSchema,
    guest: pattern("a guest's name, a glob or a list of them, such as scan1", guestPatternProblem, {
      description: 'Who gets the device. One name without wildcards: nobody else may have it.',
      examples: ['scan1', 'web*', ['one', 'two']],
    }),
    take: choice(['one', 'all', 'whole'], {
      description:
        'Whether one device is meant, and a second that matches is refused, or all that match, or all parts of the one physical device of which something matches.',
      default: 'one',
    }).optional(),
    access: text('the letters r, w and m, such as rw', accessProblem, {
      description: 'How the guest may use the device: r read, w write, m make nodes.',
      pattern: '^(?!.*(.).*\\1)[rwm]{1,3}$',
      default: 'rw',
    }).optional(),
    node: nodeSchema.optional(),
    links: list(
      'a list of paths below /dev, such as [/dev/scanners/front]',
      text('an absolute path below /dev, such as /dev/scanners/front, or "udev:*"', linkEntryProblem, {
        pattern: '^(/dev/|udev:)',
      }),
      {
        description: "Symbolic links to the node, inside the guest. udev:GLOB: those of the host's own that match.",
        examples: [['/dev/scanners/front'], ['udev:*'], ['udev:/dev/serial/by-id/*']],
      },
    ).optional(),
    when: text('optional, required or "wait 30s"', whenProblem, {
      description:
        "What a missing device does to the guest's start: nothing, refuse it, or wait for the device so long. LXC only.",
      pattern: '^(optional|required|wait +[1-9][0-9]*(ms|s|m|h))$',
      examples: ['optional', 'required', 'wait 30s'],
      default: 'optional',
    }).optional(),
    unplug: choice(['keep', 'warn', 'term', 'kill'], {
      description: 'What happens to processes in the guest that still hold the device when it is gone.',
      default: 'keep',
    }).optional(),
    tell: yesOrNo({
      description: "Whether the guest's own programs (udevadm, libudev, libusb) hear of the device coming and going.",
      default: true,
    }).optional(),
  },
  { description: 'Which devices go to which guest, and how they look there.' },
).superRefine(addContradictions, { when: ({ value }) => isMapping(value) });

/** A file of rules/. */
export const rulesSchema = z.array(ruleSchema, { error: 'a list of rules, each beginning with "- rule: NAME"' });

export type RuleInput = z.infer<typeof ruleSchema>;
