import type { Command } from './command.ts';

/** What can be imported. */
export const SYSTEMS = ['vserver', 'openvz', 'lxc'] as const;

/** What takes over the guests of other systems. */
export const importCommand: Command = {
  name: 'import',
  group: 'change',
  summary: 'take over the guests of Linux-VServer, OpenVZ or LXC',
  arguments: [
    { name: 'SYSTEM', needed: 'one', says: 'vserver, openvz or lxc' },
    {
      name: 'PATH',
      needed: 'one',
      says: 'such as /etc/vservers, /etc/vz/conf or /var/lib/lxc, or what is in it of one guest',
    },
  ],
  options: ['to', 'json'],
  about: [
    'Reads the configuration of another system, shows the files of guests, policies and rules that it becomes here, and says of each of its values what became of it: taken over as what and by which arithmetic, or why not: it has no equivalent, needs a decision, or is not known. A file that cannot be read, or is no text, is named like a value. Nothing of the other system is run or changed, and links that lead out of PATH are not followed.',
    'With --to the files are written, and none that is there already is touched. What is written passes hostler check: a value that hostler would refuse is left out and named, with the reason. Where DIR has a configuration already, it is checked together with that, and with a problem the command ends with 65.',
  ],
  examples: [
    { line: 'hostler import vserver /etc/vservers | less', says: 'what would become of it' },
    { line: 'hostler import vserver /etc/vservers --to /etc/hostler > report', says: 'then read the report' },
    { line: 'hostler import openvz /etc/vz/conf/101.conf', says: 'one guest of OpenVZ' },
  ],
  exits: [1, 65],
  load: async () => (await import('./commands/import.ts')).importFrom,
};
