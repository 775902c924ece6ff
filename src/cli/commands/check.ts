import type { Checked } from '../../config/check-paths.ts';
import { problemText } from '../../config/problem-text.ts';
import type { Run } from '../command.ts';
import type { Options } from '../options.ts';

export const check: Run = async ({ args, options, terminal }) => {
  const checked = args.length > 0 ? await checkFiles(args) : await checkConfiguration(options);
  const { files, problems, warnings } = checked;
  if (options.json) terminal.json(checked);
  for (const problem of problems) terminal.complain({ text: problemText(problem), colour: 'red' });
  for (const warning of warnings) terminal.complain({ text: problemText(warning), colour: 'yellow' });
  terminal.say(`${count(files, 'file')}, ${count(problems.length, 'problem')}, ${count(warnings.length, 'warning')}`);
  return problems.length > 0 ? 65 : 0;
};

/** Files from anywhere: which guests this host has says nothing about them. */
async function checkFiles(paths: readonly string[]): Promise<Checked> {
  const { checkPaths } = await import('../../config/check.ts');
  return checkPaths(paths, {});
}

/** What the agent of this host would read, and whether the guests that it names are here. */
async function checkConfiguration(options: Options): Promise<Checked> {
  const folder = options.config ?? '/etc/hostler';
  const { checkPaths } = await import('../../config/check.ts');
  const { knownGuests } = await import('../known-guests.ts');
  return checkPaths([folder], await knownGuests(folder));
}

function count(number: number, what: string): string {
  return `${number === 0 ? 'no' : number} ${what}${number === 1 ? '' : 's'}`;
}
