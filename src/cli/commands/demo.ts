import type { Run } from '../command.ts';

export const demo: Run = async ({ options }) => {
  const { runDemo } = await import('../demo/demo.ts');
  return runDemo({ once: options.once ?? false });
};
