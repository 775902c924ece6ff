import type { Checked } from '../../config/check-paths.ts';
import { problemText } from '../../config/problem-text.ts';
import { guaranteeProblems } from '../../limits/admission.ts';
import { overcommitWarnings } from '../../limits/overcommit.ts';
import type { Run } from '../command.ts';
import { counted } from '../counted.ts';
import { type OnThisHost, onThisHost } from '../on-this-host.ts';
import type { Options } from '../options.ts';

export const check: Run = async ({ args, options, terminal }) => {
  const checked = args.length > 0 ? await checkFiles(args) : await checkConfiguration(options);
  const { files, problems, warnings } = checked;
  if (options.json) terminal.json(checked);
  for (const problem of problems) terminal.complain({ text: problemText(problem), colour: 'red' });
  for (const warning of warnings) terminal.complain({ text: problemText(warning), colour: 'yellow' });
  terminal.say(
    `${counted(files, 'file')}, ${counted(problems.length, 'problem')}, ${counted(warnings.length, 'warning')}`,
  );
  return problems.length > 0 ? 65 : 0;
};

/** Files from anywhere: which guests this host has, and what it has for them, says nothing about them. */
async function checkFiles(paths: readonly string[]): Promise<Checked> {
  const { checkPaths } = await import('../../config/check.ts');
  return checkPaths(paths, {});
}

/** What the agent of this host would read: whether the guests that it names are here, and what it promises them fits. */
async function checkConfiguration(options: Options): Promise<Checked> {
  const folder = options.config ?? '/etc/hostler';
  const { checkPaths } = await import('../../config/check.ts');
  const host = await onThisHost(folder);
  const checked = await checkPaths([folder], host.guests === undefined ? {} : { knownGuests: host.guests });
  return weighed(checked, host);
}

function weighed(checked: Checked, { config, guests = [], capacity }: OnThisHost): Checked {
  if (config === undefined) return checked;
  return {
    ...checked,
    problems: [...checked.problems, ...guaranteeProblems(config, guests, capacity)],
    warnings: [...checked.warnings, ...overcommitWarnings(config, guests, capacity)],
  };
}
