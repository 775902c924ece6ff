import { type Argument, type Command, exitCodes, type Group } from './command.ts';
import { commonOptions, type OptionName, optionSpec } from './options.ts';
import type { Line, Span } from './terminal.ts';
import { wrapped } from './wrap.ts';

const titles: Readonly<Record<Group, string>> = { look: 'Look', change: 'Change', run: 'Run', help: 'Help' };
const groups: readonly Group[] = ['look', 'change', 'run', 'help'];

const firstSteps: readonly (readonly [string, string])[] = [
  ['hostler demo', 'see it work'],
  ['hostler devices', 'find a device and what it is known by'],
  ['hostler check', 'after writing a rule for it into /etc/hostler/rules'],
  ['hostler why /dev/ttyUSB0', 'when it did not go where it should'],
  ['hostler plan shutdown', 'whether the host waits for all guests when it goes down'],
];

/** What `hostler help` prints. */
export function overview(commands: readonly Command[]): readonly Line[] {
  return [
    'hostler looks after the guests of this host: it gives each its devices and',
    'follows them when they are replugged, keeps it inside its limits, and starts',
    'and stops it.',
    '',
    'Usage: hostler COMMAND [OPTION...]',
    ...groups.flatMap((group) =>
      section(titles[group], commands.filter((command) => command.group === group).map(brief)),
    ),
    ...section('First steps', firstSteps),
    '',
    'hostler help COMMAND tells more.',
  ];
}

/** What `hostler help COMMAND` and `hostler COMMAND --help` print. */
export function commandHelp(command: Command): readonly Line[] {
  return [
    `Usage: ${usageText(command)}`,
    ...command.about.flatMap((paragraph) => ['', ...wrapped(paragraph)]),
    ...section(
      'Arguments',
      command.arguments.map((argument) => [argument.name, argument.says]),
    ),
    ...section('Options', [...command.options, ...commonOptions].map(optionRow)),
    '',
    title('Examples'),
    ...command.examples.flatMap((example) => [`  $ ${example.line}`, ...wrapped(example.says, '      ')]),
    ...section('Exit status', [0, 2, ...command.exits].sort((a, b) => a - b).map(exitRow)),
  ];
}

/** `hostler show GUEST [OPTION...]` */
export function usageText(command: Command): string {
  return ['hostler', command.name, ...command.arguments.map(argumentText), '[OPTION...]'].join(' ');
}

/** `-f, --follow`, `--since TIME` */
export function optionText(name: OptionName): string {
  const { short, value, otherwise } = optionSpec(name);
  const shown = otherwise === undefined ? value : `[${value}]`;
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` ${shown}` : ''}`;
}

function argumentText({ name, needed }: Argument): string {
  if (needed === 'one') return name;
  return needed === 'perhaps' ? `[${name}]` : `[${name}...]`;
}

function brief(command: Command): readonly [string, string] {
  return [command.name.padEnd(10), command.summary];
}

function optionRow(name: OptionName): readonly [string, string] {
  return [optionText(name), optionSpec(name).says];
}

function exitRow(code: number): readonly [string, string] {
  return [String(code), Object.entries(exitCodes).find(([known]) => known === String(code))?.[1] ?? ''];
}

function section(name: string, pairs: readonly (readonly [string, string])[]): readonly Line[] {
  return pairs.length === 0 ? [] : ['', title(name), ...rows(pairs)];
}

function rows(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const margin = 4 + Math.max(...pairs.map(([name]) => name.length));
  return pairs.flatMap(([name, says]) => {
    const [first = '', ...more] = wrapped(says, ' '.repeat(margin));
    return [`  ${name}`.padEnd(margin) + first.trimStart(), ...more];
  });
}

function title(text: string): Span {
  return { text: `${text}:`, colour: 'bold' };
}
