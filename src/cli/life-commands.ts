import type { Command } from './command.ts';

/** Those that start and stop guests. */
export const lifeCommands: readonly Command[] = [
  {
    name: 'start',
    group: 'change',
    summary: 'start guests and those that they wait for, and show how they do',
    arguments: [{ name: 'GUEST', needed: 'any number', says: 'their names, as hostler list shows them' }],
    options: ['all', 'mark', 'timeout', 'json', 'socket'],
    about: [
      'Starts each guest when those are ready that its file names in start.after, which are started as well, several at a time, and shows how they get on, one line a step, until all are ready. What tells that a guest is ready stands in start.ready of its file; without that, its init has to listen. One that runs already is only waited for. The agent does all this: it goes on when the command is interrupted, or the agent starts anew.',
      'A guest that is not ready in time is late: start.late of its file says whether those that wait for it wait on (hold), are started all the same (continue), or are not (fail). With --all those are started that start with the host (start.auto).',
      'It ends with 1 when one of them is late, held or cannot be started.',
    ],
    examples: [
      { line: 'hostler start web1', says: 'its database first, when guests/web1.yaml says so' },
      { line: 'hostler start --mark edge', says: 'all that have edge among their start.marks' },
      { line: 'hostler start db1 --timeout 600', says: 'it has ten minutes to be ready' },
    ],
    exits: [1, 4, 5, 77],
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    name: 'restart',
    group: 'change',
    summary: 'stop guests, then start them again',
    arguments: [{ name: 'GUEST', needed: 'any number', says: 'their names, as hostler list shows them' }],
    options: ['all', 'mark', 'timeout', 'kill', 'json', 'socket'],
    about: [
      'Stops each guest as hostler stop does, and starts it when it has ended, in the order of hostler start. One that is being stopped already is started again afterwards, one that does not run is started. With --all those are meant that run.',
      'It ends with 1 where stop or start would.',
    ],
    examples: [{ line: 'hostler restart web1', says: 'after a change of its configuration' }],
    exits: [1, 4, 5, 77],
    load: async () => (await import('./commands/start.ts')).restart,
  },
  {
    name: 'stop',
    group: 'change',
    summary: 'let guests halt, and show how they do',
    arguments: [{ name: 'GUEST', needed: 'any number', says: 'their names, as hostler list shows them' }],
    options: ['all', 'mark', 'timeout', 'kill', 'json', 'socket'],
    about: [
      'Asks each guest to halt in the way that its init understands, and shows what is done, one line a step, until all of them have ended. A guest that does not end in time is killed, and it is said what ran in it. The agent does all this: when the command is interrupted, or the agent starts anew, the stop goes on, and its deadline stays.',
      'With --all, or --mark, each guest is stopped when those have ended that start after it (start.after of their files), at most eight at a time.',
      'It ends with 1 when one was killed without --kill, the kernel does not let it end, or a program that is run before its halt (stop.before) failed or was not waited for to its end: its data may not be whole.',
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
