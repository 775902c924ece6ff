import { mostGuests, splitHost } from '../../limits/split.ts';
import { writtenSplit } from '../../limits/split-text.ts';
import type { Run } from '../command.ts';
import { onThisHost } from '../on-this-host.ts';

/** More than any host runs. */
const MOST_GUESTS = 100_000;

export const split: Run = async ({ options, terminal }) => {
  const guests = Number(options.number);
  if (!/^[1-9]\d*$/.test(options.number ?? '') || guests > MOST_GUESTS) {
    const detail = `${options.number === undefined ? '--number is missing' : `"${options.number}" is no number of guests`}; write a whole number from 1 to ${MOST_GUESTS}`;
    return terminal.fail({ code: 'E_USAGE', subject: 'split', detail });
  }
  const name = options.name ?? `one-of-${guests}`;
  const { policyNameProblem } = await import('../../config/entry-name.ts');
  const problem = policyNameProblem(name);
  if (problem !== undefined) return terminal.fail({ code: 'E_USAGE', subject: 'split', detail: problem });
  const { capacity, config } = await onThisHost(options.config ?? '/etc/hostler');
  const site = { capacity, reserve: config?.settings.reserve ?? { cpu: 0, memoryBytes: 0 } };
  const found = splitHost(site, guests);
  if (found === undefined)
    return terminal.fail({ code: 'E_TOO_MANY', subject: `${guests}`, detail: `at most ${mostGuests(site)}` });
  if (options.json) terminal.json(found);
  else terminal.print(...writtenSplit(found, site, name));
  return 0;
};
