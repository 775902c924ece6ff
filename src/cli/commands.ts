import type { Command } from './command.ts';
import { helpCommands } from './help-commands.ts';
import { importCommand } from './import-command.ts';
import { lifeCommands } from './life-commands.ts';
import { sizingCommands } from './sizing-commands.ts';

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [
  {
    name: 'list',
    group: 'look',
    summary: 'one line a guest',
    arguments: [],
    options: ['json', 'no-legend', 'socket'],
    about: [
      'Lists the host and its guests: whether they run, their processes with memory (VSZ, RSS) and CPU time (USER, SYSTEM), what is left of the size of a CPU bucket that hostler keeps (TOKENS), since when they run, how many devices hostler gave them, and how many wishes could not be met. A > stands before what is more than hostler counts: 4096 processes and 1024 cgroups of a guest.',
      'A star after the state means that something is still to be done in the guest; hostler plan GUEST says what. While a guest is started, stopped or held off, its state says that: waiting (for others), held (one of them is late), starting, late, failed, stopping, restarting, or quarantined (it ended too often by itself and waits for hostler start).',
    ],
    examples: [
      { line: 'hostler list', says: 'which guests there are and how they are' },
      {
        line: "hostler list --json | jq -r '.[] | select(.converged | not) | .name'",
        says: 'the names of guests that lack something',
      },
    ],
    exits: [5, 77],
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'show',
    group: 'look',
    summary: 'everything about one guest',
    arguments: [{ name: 'GUEST', needed: 'one', says: 'its name, as hostler list shows it' }],
    options: ['json', 'no-legend', 'socket'],
    about: [
      'Shows one guest: what is done with it and what it waits for, its last start, its last end and why, how long its stops took, how often it ended by itself or rebooted, its process and cgroup, the nodes it was given with owner and mode (numbers of its own users and groups), the rule and the device each of them stands for, and what was refused with the remedy.',
    ],
    examples: [
      { line: 'hostler show web1', says: 'the nodes of web1 and who owns them' },
      { line: "hostler show web1 --json | jq '.nodes[].path'", says: 'only their paths' },
      { line: 'hostler show db1', says: 'while it is being stopped: the phase, the time left, and what it waits for' },
    ],
    exits: [4, 5, 77],
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'devices',
    group: 'look',
    summary: 'the devices of the host and who has them',
    arguments: [{ name: 'GUEST', needed: 'perhaps', says: 'only what this guest has' }],
    options: ['json', 'no-legend', 'socket'],
    about: [
      'Lists the devices of the host with their device number, their node or name, the USB port and the vendor and product they are known by, and the guests that have them. What stands there can be written into the match of a rule.',
    ],
    examples: [
      { line: 'hostler devices', says: 'find the port and id of what was just plugged in' },
      { line: 'hostler devices scan1', says: 'what scan1 has now' },
    ],
    exits: [4, 5, 77],
    load: async () => (await import('./commands/devices.ts')).devices,
  },
  {
    name: 'limits',
    group: 'look',
    summary: 'what guests hold, may hold, and how often they wanted more',
    arguments: [{ name: 'GUEST', needed: 'perhaps', says: 'only this guest' }],
    options: ['watch', 'hits', 'json', 'no-legend', 'socket'],
    about: [
      'Shows for each guest and resource what it holds now, held at most since its start, its barrier and its limit as the kernel has them now, and the hits: how often a limit refused something, killed (oom) or held it back (cpu). Hits are counted for as long as the guest has a policy, over restarts of guest, agent and host.',
      'rss is resident memory with what is cached for the guest, as is memory and swap together, cpu is processor time with a limit in percent of one processor.',
      'With --watch it stays and draws the table anew, with one more column: the hits since it began. Where the output is no terminal it prints one table after the other.',
    ],
    examples: [
      { line: 'hostler limits web1', says: 'as user_beancounters had it' },
      { line: 'hostler limits --watch --hits', says: 'who is near a limit now, and who hits one' },
      {
        line: "hostler limits --json | jq -r '.[] | select(any(.rows[]; .hits > 0)) | .guest'",
        says: 'the guests that ever hit a limit',
      },
    ],
    exits: [4, 5, 77],
    load: async () => (await import('./commands/limits.ts')).limits,
  },
  {
    name: 'alerts',
    group: 'look',
    summary: 'what alerts are open, were lately, and whether they arrive',
    arguments: [
      {
        name: 'test',
        needed: 'perhaps',
        words: ['test'],
        says: 'send a test alert through each sink and say what became of it',
      },
      { name: 'SINK', needed: 'perhaps', says: 'only through this sink, or those of a kind, such as mail' },
    ],
    options: ['json', 'no-legend', 'socket'],
    about: [
      'Lists alerts that are pending, firing or resolving, then those that are over, the last one first: the guest and resource they are about, since when, and how many hits they count. What is muted was told to nobody: it is a part of another alert, or comes too soon after the last one. Below are the sinks of hostler.yaml with what waits for them, what they took and what could not be told.',
      'With test it ends with 1 when a sink does not take the alert.',
    ],
    examples: [
      { line: 'hostler alerts', says: 'what is wrong now, and what was' },
      { line: 'hostler alerts test alertmanager', says: 'after an edit of hostler.yaml: does it arrive?' },
    ],
    exits: [1, 5, 77],
    load: async () => (await import('./commands/alerts.ts')).alerts,
  },
  {
    name: 'why',
    group: 'look',
    summary: 'why a device went to a guest, or did not',
    arguments: [
      {
        name: 'DEVICE',
        needed: 'one',
        says: 'a path below /dev or /sys, a number such as c:189:4, or a USB port such as 1-1.2',
      },
    ],
    options: ['json', 'no-legend', 'socket'],
    about: [
      'Says who has the device, and for each rule that it matches, or the first condition that does not hold with the value it asks for and the value that was found. A rule that matches and still gives nothing shows the refusal and its remedy.',
    ],
    examples: [
      {
        line: 'hostler why /dev/ttyUSB0',
        says: 'which rule gives the serial adapter, and what keeps the others from it',
      },
      { line: 'hostler why 1-1.2', says: 'the same for whatever is plugged into that port' },
    ],
    exits: [1, 5, 77],
    load: async () => (await import('./commands/why.ts')).why,
  },
  {
    name: 'events',
    group: 'look',
    summary: 'what happened, and with --follow what happens',
    arguments: [],
    options: ['follow', 'since', 'json', 'socket'],
    about: [
      'Prints the events that the agent remembers, oldest first, one a line: time, severity, kind, guest and what happened. With --json every line is one object.',
    ],
    examples: [
      {
        line: 'hostler events --follow --since 10m',
        says: 'the last ten minutes, then everything as it happens: plug something in and watch',
      },
      { line: 'hostler events --json | jq -r \'select(.severity == "error") | .says\'', says: 'only what went wrong' },
    ],
    exits: [5, 77],
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    name: 'status',
    group: 'look',
    summary: 'whether everything is as the rules say',
    arguments: [],
    options: ['json', 'socket'],
    about: [
      'Says how the agent is: whether every guest has what the rules give it (converged), how many guests, devices and rules there are, problems of the configuration, warnings, and counters. Fit for monitoring: it ends with 0 when converged, else with 3.',
    ],
    examples: [
      { line: 'hostler status', says: 'the first thing to look at' },
      {
        line: 'until hostler status -q >/dev/null; do sleep 1; done',
        says: 'wait in a script until all guests have their devices',
      },
    ],
    exits: [3, 5, 77],
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'plan',
    group: 'change',
    summary: 'what would be done now, without doing it',
    arguments: [
      { name: 'GUEST', needed: 'perhaps', words: ['shutdown'], says: 'only in this guest; or the word shutdown' },
    ],
    options: ['exit-code', 'budget', 'json', 'no-legend', 'socket'],
    about: [
      'Shows what the next pass would do: + makes, - takes away, ~ changes, ! cannot be done. Owners are numbers of the guest. Nothing is changed.',
      'hostler plan shutdown shows what a shutdown of the host would be now: when each guest is stopped and has ended, by how long its last 20 stops took (19 of 20 take no longer) or else by its timeout, and whether all have ended before systemd, or a budget, ends them. With 1 they have not.',
    ],
    examples: [
      { line: 'hostler plan', says: 'nothing to do, if everything is as it should be' },
      { line: 'hostler plan web1 --exit-code -q', says: 'for scripts: 3 when something is to be done in web1' },
      { line: 'hostler plan shutdown --budget 180', says: 'whether a UPS of three minutes is enough' },
    ],
    exits: [1, 3, 4, 5, 77],
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'apply',
    group: 'change',
    summary: 'do it now, also for guests that are waiting after a failure',
    arguments: [{ name: 'GUEST', needed: 'perhaps', says: 'only in this guest' }],
    options: ['force', 'json', 'socket'],
    about: [
      'Runs a pass at once and shows what it did. The agent does this by itself after every event; by hand it is of use after a cause of failures was removed. It ends with 1 when something could not be done.',
      'A limit of memory below what the guest has and cannot give back is refused, with the numbers. With --force, which wants a GUEST, it is written all the same on cgroup v2: the kernel kills processes of the guest until it fits, which is told as an alert with the names of those killed. The kernel of cgroup v1 lowers no limit below what is in use, and the command says so.',
    ],
    examples: [
      { line: 'hostler apply web1', says: 'after the link that was in the way has been removed inside web1' },
      { line: 'hostler plan web1 && hostler apply web1 --force', says: 'less memory for web1 now, whatever it costs' },
    ],
    exits: [1, 4, 5, 77],
    load: async () => (await import('./commands/apply.ts')).apply,
  },
  {
    name: 'check',
    group: 'change',
    summary: 'validate the configuration, without the agent',
    arguments: [
      {
        name: 'PATH',
        needed: 'any number',
        says: 'files or folders from anywhere; without one, what the agent of this host reads',
      },
    ],
    options: ['config', 'json'],
    about: [
      'Reads the configuration as the agent would and names every problem at once, one a line: FILE:LINE:COLUMN: what is wrong, and what would be right. Editors and CI systems understand this form. A file or folder of a configuration that looks like a part of it and is not read is a warning. Without PATH it also looks whether the guests that rules name are on this host, and warns of files in guests/ of one that is not.',
    ],
    examples: [
      { line: 'hostler check && hostler reload', says: 'after an edit' },
      { line: 'hostler check rules/usb.yaml', says: 'one file, before it is copied to the host' },
    ],
    exits: [65],
    load: async () => (await import('./commands/check.ts')).check,
  },
  ...lifeCommands,
  ...sizingCommands,
  importCommand,
  {
    name: 'reload',
    group: 'change',
    summary: 'take over a changed configuration now',
    arguments: [],
    options: ['json', 'socket'],
    about: [
      'Makes the agent read its configuration again. It notices changes by itself; this says at once whether they were taken over. With a problem in any file the last good configuration stays in force and the problems are named.',
    ],
    examples: [{ line: 'hostler reload', says: 'rules: 1 added, 0 changed, 0 removed' }],
    exits: [5, 65, 77],
    load: async () => (await import('./commands/reload.ts')).reload,
  },
  {
    name: 'agent',
    group: 'run',
    summary: 'run the agent (what the service starts)',
    arguments: [],
    options: ['config', 'run', 'state'],
    about: [
      'Looks after the guests of this host until it is ended by SIGTERM or Ctrl-C. Guests notice neither its start nor its end: it takes over what is there.',
    ],
    examples: [
      { line: 'hostler agent', says: 'in the foreground, as the service does' },
      {
        line: 'hostler agent --config ./try --run /run/try --state /tmp/try',
        says: 'a second one, with everything of its own',
      },
    ],
    exits: [1, 65, 77],
    load: async () => (await import('./commands/agent.ts')).agent,
  },
  {
    name: 'demo',
    group: 'run',
    summary: 'the main job, shown on this machine',
    arguments: [],
    options: ['once'],
    about: [
      'Starts an agent with a configuration of its own and a small LXC guest, lets a real device appear, shows it usable in the guest, takes it away, brings another one under another number, and shows that the guest has exactly that. It stays up until Ctrl-C and removes everything it made.',
    ],
    examples: [{ line: 'hostler demo --once', says: 'see it work, and be done' }],
    exits: [1, 77],
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  ...helpCommands,
];
