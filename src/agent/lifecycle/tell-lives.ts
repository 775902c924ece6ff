import type { AfterReboot } from '../../lifecycle/reboot-loop.ts';
import type { OpenEnd } from '../../model/guest-history.ts';
import type { World } from '../world.ts';

/** How it had ended while nobody looked. */
export function tellLost(
  world: World,
  guest: string,
  before: unknown,
  end: { readonly why: string } | undefined,
): void {
  if (end === undefined || end === before) return;
  if (end.why === 'host') world.report.refusal({ code: 'W_UNCLEAN', subject: guest }, { guest });
  else if (end.why === 'unseen') tellLife(world, guest, 'ended', 'has ended while no agent ran');
}

export function tellLife({ report }: World, guest: string, action: string, says: string): void {
  report.fact({ kind: 'guest', guest, action, says: `${guest}: ${says}` });
}

/** To those who wait for the end of its stop. */
export function tellStop({ report }: World, guest: string, action: string, says: string): void {
  report.fact({ kind: 'stop', guest, action, says: `${guest}: ${says}` });
}

export function rebootText({ isUnwanted }: OpenEnd, after: AfterReboot): string {
  if (isUnwanted) return 'has rebooted, and is stopped, as somebody has asked';
  const isStopped = after.isUnwanted && after.isOften === undefined;
  return `has rebooted${isStopped ? ', and is stopped, as its file says' : ''}`;
}
