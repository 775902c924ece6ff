import type { World } from './world.ts';

/** Has the executor tell whom the kernel kills; what is against it is told: alerts of a kill have no names then. */
export async function hearKernelLog({ ports: { host }, report }: Pick<World, 'ports' | 'report'>): Promise<void> {
  const answer = await host.watchKernelLog();
  if (answer.ok || answer.failed.call === 'executor') return; // an executor that ended tells so itself
  report.refusal({ code: 'W_KERNEL_LOG', subject: '/dev/kmsg', detail: answer.failed.errno });
}
