import type { Command } from './command.ts';

/** What compares policies with the host. */
export const sizingCommands: readonly Command[] = [
  {
    name: 'validate',
    group: 'change',
    summary: 'what all guests may use together, against what this host has',
    arguments: [],
    options: ['config', 'json', 'no-legend'],
    about: [
      'Adds up what the policies of all guests of this host promise and allow, and compares it with its memory, swap, processors and processes, without the agent: what is committed, what is there, their ratio, and how many guests have no such limit. Below 1.00 everything is there even when all want it at once.',
      'Error: it is guaranteed and not there. Warning: it is not there when all want it, or too little for usual programs. Recommendation: usual, and better otherwise. With an error it ends with 65.',
    ],
    examples: [
      { line: 'hostler validate', says: 'before one more guest is created' },
      {
        line: 'hostler validate --json | jq \'.commitments[] | select(.level == "warning") | .key\'',
        says: 'what is overcommitted',
      },
    ],
    exits: [65],
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    name: 'split',
    group: 'change',
    summary: 'propose a policy that divides this host among equal guests',
    arguments: [],
    options: ['number', 'name', 'config', 'json'],
    about: [
      "Prints a policy for each of N equal guests that use this host up and no more, with the arithmetic of OpenVZ's vzsplit beside it. Three levels of commitment are tried in order, the last one where everything is scarce. What hostler.yaml reserves for the host is divided among nobody. Nothing is written.",
    ],
    examples: [
      {
        line: 'hostler split -n 4 --name quarter > /etc/hostler/policies/quarter.yaml',
        says: 'then name it in the files of four guests',
      },
    ],
    exits: [1],
    load: async () => (await import('./commands/split.ts')).split,
  },
];
