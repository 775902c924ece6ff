import process from 'node:process';
import { exitCodes } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';
import { optionText, usageText } from '../src/cli/help.ts';
import { isOption, optionSpec, optionTable } from '../src/cli/options.ts';

// Writes hostler(1) to standard output: what help says of every command, as a page.
const page = [
  `.Dd ${date()}`,
  '.Dt HOSTLER 1',
  '.Os',
  '.Sh NAME',
  '.Nm hostler',
  '.Nd devices, limits and life of the guests of this host',
  '.Sh SYNOPSIS',
  '.Nm',
  '.Ar command',
  '.Op Ar argument ...',
  '.Op Ar option ...',
  '.Sh DESCRIPTION',
  'Asks the agent that looks after the guests of this host, or works without it.',
  'What the agent does, its files, messages, alerts and metrics are in',
  '.Xr hostler 8 .',
  'Data go to standard output, everything else to standard error.',
  '.Sh COMMANDS',
  ...commands.flatMap((command) => [
    `.Ss ${text(usageText(command))}`,
    ...command.about.flatMap((paragraph, index) => [...(index > 0 ? ['.Pp'] : []), text(paragraph)]),
    ...command.examples.flatMap(({ line, says }) => ['.Pp', text(`${says}:`), `.Dl ${text(line)}`]),
  ]),
  '.Sh OPTIONS',
  '.Bl -tag -width Ds',
  ...Object.entries(optionTable).flatMap(([name]) => item(name)),
  '.El',
  '.Sh ENVIRONMENT',
  '.Bl -tag -width Ds',
  '.It Ev HOSTLER_SOCKET',
  'Where the agent answers.',
  '.It Ev NO_COLOR',
  'When set and not empty, no colours.',
  '.El',
  '.Sh EXIT STATUS',
  '.Bl -tag -width Ds -compact',
  ...Object.entries(exitCodes).flatMap(([code, says]) => [`.It ${code}`, text(says)]),
  '.El',
  '.Sh SEE ALSO',
  '.Xr hostler-policies 5 ,',
  '.Xr hostler-rules 5 ,',
  '.Xr hostler.yaml 5 ,',
  '.Xr hostler 8',
];
process.stdout.write(`${page.join('\n')}\n`);

/** Of what it was made of, so that it is the same whenever it is made. */
function date(): string {
  const made = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000);
  return made.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' });
}

function item(name: string): readonly string[] {
  return isOption(name) ? [`.It ${text(optionText(name))}`, text(optionSpec(name).says)] : [];
}

/** Text that is nothing but text: no line of it is a macro, no letter of it another one. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('"', '\\(dq')
    .replaceAll('-', '\\-')
    .replace(/^[.']/, '\\&$&')
    .replaceAll(/(?<= )([A-Z][a-z]?|[.,:;()[\]?!|])(?= |$)/g, '\\&$1');
}
