import type { Run } from '../command.ts';

export const agent: Run = async ({ options }) => {
  const { runAgent } = await import('../../main.ts');
  return runAgent({
    config: options.config ?? '/etc/hostler',
    run: options.run ?? '/run/hostler',
    state: options.state ?? '/var/lib/hostler',
  });
};
