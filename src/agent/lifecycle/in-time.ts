import { shareOf } from '../../lifecycle/shutdown-share.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { expectedMs } from './histories.ts';
import { startOf, stopOf } from './settings-of.ts';
import { isBeingStopped, type StopNow } from './stop-guest.ts';
import { seconds } from './stop-text.ts';

/** What it takes to look at a guest and to kill it when its time is over. */
export const KILLS_MS = 3000;

/**
 * How a guest is stopped while the host goes down, which kills none before `endsAt`: what ends all of them would end those that halt last, and
 * behind whom the others halt: storage and databases.
 */
export function inTime(
  world: World,
  guest: string,
  wish: StopWish & Pick<WaitingStop, 'isUrgent'>,
  waiting: ReadonlyMap<string, WaitingStop>,
  endsAt: number,
): StopNow {
  if (wish.kill) return wish;
  const now = world.ports.clock.sinceBoot();
  const underWay = isBeingStopped(world, guest) ? world.stops.of(guest) : undefined;
  const whole = wish.timeoutMs ?? (underWay && underWay.killAt - now) ?? stopOf(world, guest).timeoutMs;
  const still = {
    waiting,
    startOf: (one: string) => startOf(world, one),
    stopMs: (one: string) => expectedMs(world, one),
  };
  const share = Math.round(shareOf(guest, still, endsAt - now));
  if (share < whole) tellShortened(world, guest, share, whole);
  else if (now + whole <= endsAt) return wish;
  const ownKillAt = wish.timeoutMs === undefined ? underWay?.ownKillAt : undefined;
  const host = { ownMs: ownKillAt === undefined ? whole : ownKillAt - now, endsAt: endsAt + KILLS_MS };
  return { ...wish, timeoutMs: Math.min(share, whole), host };
}

function tellShortened({ report }: World, guest: string, share: number, whole: number): void {
  const says = `${guest}: has ${seconds(share)} to halt instead of ${seconds(whole)}: the host waits no longer for all of them`;
  report.fact({ kind: 'stop', guest, action: 'shortened', severity: 'warning', says });
}
