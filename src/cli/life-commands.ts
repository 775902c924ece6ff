import type { Command } from './command.ts';

/** Those that start and stop guests. */
export const lifeCommands: readonly Command[] = [
  {
    name: 'stop',
    group: 'change',
    summary: 'let guests halt, and show how they do',
    arguments: [{ name: 'GUEST', needed: 'any number', says: 'their names, as hostler list shows them' }],
    options: ['all', 'mark', 'timeout', 'kill', 'json', 'socket'],
    about: [
      'Asks each guest to halt in the way that its init understands, and shows what is done, one line a step, until all of them have ended. A guest that does not end in time is killed, and it is said what ran in it. The agent does all this: when the command is interrupted, or the agent starts anew, the stop goes on, and its deadline stays.',
      'With --all, or --mark, each guest is stopped when those have ended that start after it (start.after of their files), at most eight at a time.',
      'It ends with 1 when the kernel does not let one end.',
    ],
    examples: [
      { line: 'hostler stop web1', says: 'with what guests/web1.yaml says of its stop' },
      { line: 'hostler stop web1 db1 --timeout 300', says: 'with five minutes for each' },
      { line: 'hostler stop --all', says: 'before work on the host: web before its database' },
      { line: 'hostler stop web1 --kill', says: 'now, whatever becomes of its data' },
    ],
    exits: [1, 4, 5, 77],
    load: async () => (await import('./commands/stop.ts')).stop,
  },
];
