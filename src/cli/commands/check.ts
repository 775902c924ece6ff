import { join } from 'node:path';
import type { Checked } from '../../config/check-paths.ts';
import { problemText } from '../../config/problem-text.ts';
import { guaranteeProblems } from '../../limits/admission.ts';
import { overcommitWarnings } from '../../limits/overcommit.ts';
import type { Problem } from '../../model/config.ts';
import { failureSentence, type Refusal } from '../../model/failure.ts';
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
  const lxcPath = unreadProblem(folder, host);
  const checked = await checkPaths([folder], {
    ...(host.guests !== undefined && { knownGuests: host.guests }),
    ...(lxcPath !== undefined && { lxcPath }),
  });
  const nameless = host.nameless.map(namelessProblem);
  return weighed({ ...checked, warnings: [...checked.warnings, ...nameless] }, host);
}

function namelessProblem({ subject, detail }: Refusal): Problem {
  const says = `nothing is done for this guest, since its name ${detail}; rename it`;
  return { place: { file: subject, line: 1, column: 1 }, code: 'W_CONFIG_NAME', says };
}

// What only root may read is as it should be for who is not.
function unreadProblem(folder: string, { unread }: OnThisHost): Problem | undefined {
  if (unread === undefined || (unread.detail === 'EACCES' && process.geteuid?.() !== 0)) return undefined;
  const place = { file: join(folder, 'hostler.yaml'), line: 1, column: 1 };
  return { place, code: unread.code, says: `lxcPath: ${failureSentence(unread)}` };
}

function weighed(checked: Checked, { config, guests = [], capacity }: OnThisHost): Checked {
  if (config === undefined) return checked;
  return {
    ...checked,
    problems: [...checked.problems, ...guaranteeProblems(config, guests, capacity)],
    warnings: [...checked.warnings, ...overcommitWarnings(config, guests, capacity)],
  };
}
