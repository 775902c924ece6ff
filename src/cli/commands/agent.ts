import type { Refusal } from '../../model/failure.ts';
import type { Run } from '../command.ts';

export const agent: Run = async ({ options, terminal }) => {
  if (process.getuid?.() !== 0) return terminal.fail(notRoot);
  const { runAgent } = await import('../../main.ts');
  return runAgent({
    config: options.config ?? '/etc/hostler',
    run: options.run ?? '/run/hostler',
    state: options.state ?? '/var/lib/hostler',
  });
};

const notRoot: Refusal = {
  code: 'E_NOT_PERMITTED',
  subject: 'hostler agent',
  detail: 'only root may give devices to guests',
};
