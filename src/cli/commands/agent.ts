import { loadConfig } from '../../config/load.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Run } from '../command.ts';

export const agent: Run = async ({ options, terminal }) => {
  if (process.getuid?.() !== 0) return terminal.fail(notRoot);
  const config = options.config ?? '/etc/hostler';
  // By a process of its own, which takes as long as it takes to load the agent.
  const loading = loadConfig(config, {});
  const { runAgent } = await import('../../main.ts');
  return runAgent({
    config,
    loading,
    run: options.run ?? '/run/hostler',
    state: options.state ?? '/var/lib/hostler',
  });
};

const notRoot: Refusal = {
  code: 'E_NOT_PERMITTED',
  subject: 'hostler agent',
  detail: 'only root may give devices to guests',
};
