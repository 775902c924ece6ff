import type { World } from './world.ts';

/** Has the executor tell whom the kernel kills; what is against it is told: alerts of a kill have no names then. */
export async function hearKernelLog(world: World): Promise<void> {
  const answer = await world.ports.host.watchKernelLog();
  world.hearsKernel = answer.ok;
  if (answer.ok || answer.failed.call === 'executor') return; // an executor that ended tells so itself
  world.report.refusal({ code: 'W_KERNEL_LOG', subject: '/dev/kmsg', detail: answer.failed.errno });
}
