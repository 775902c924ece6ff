import type { Command } from './command.ts';

/** Commands about the command. */
export const helpCommands: readonly Command[] = [
  {
    name: 'version',
    group: 'help',
    summary: 'the version of this command',
    arguments: [],
    options: ['json'],
    about: ["Prints the version of the command; hostler status shows the agent's."],
    examples: [{ line: 'hostler version', says: 'hostler and its version' }],
    exits: [],
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: 'completion',
    group: 'help',
    summary: 'completion of commands for a shell',
    arguments: [{ name: 'SHELL', needed: 'one', says: 'bash, zsh or fish; or guests: their names, for such a script' }],
    options: ['socket'],
    about: [
      'Prints a script with which the shell completes commands, options and names of guests. The Debian package installs it for all three.',
    ],
    examples: [{ line: 'hostler completion bash > ~/.hostler-completion', says: 'to be sourced by ~/.bashrc' }],
    exits: [5, 77],
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'help',
    group: 'help',
    summary: 'this, or help on one command',
    arguments: [{ name: 'COMMAND', needed: 'perhaps', says: 'what to explain' }],
    options: [],
    about: ['Explains a command with its options, examples and exit status.'],
    examples: [{ line: 'hostler help why', says: 'how to ask why a device went where it went' }],
    exits: [],
    load: async () => (await import('./commands/help.ts')).help,
  },
];
