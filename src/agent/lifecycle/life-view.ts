import { stopTimes } from '../../lifecycle/stop-times.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { EvidenceView, GuestLifeView } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { blockersText } from './blockers-text.ts';
import { historyOf } from './histories.ts';
import { readinessText } from './readiness.ts';
import { isBeingStopped } from './stop-guest.ts';

/** What is done with a guest, and what became of it before. */
export function lifeView(world: World, guest: string): GuestLifeView {
  const history = historyOf(world, guest);
  const { startedAt, end, crashes, reboots = [], isQuarantined, isUnclean } = history;
  const stops = stopTimes(history);
  const start = world.starts.of(guest);
  return {
    ...(start && startView(world, start)),
    ...(isQuarantined && { doing: 'quarantined' as const }),
    ...(isBeingStopped(world, guest) && { doing: start ? ('restarting' as const) : ('stopping' as const) }),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt).toISOString() }),
    ...(end && { end: { at: new Date(end.at).toISOString(), why: end.why } }),
    ...(stops && { stops }),
    crashes: crashes.length,
    reboots: reboots.length,
    ...(isUnclean && { isUnclean }),
  };
}

export function evidenceView(world: World, guest: string): EvidenceView | undefined {
  const { evidence } = historyOf(world, guest);
  if (evidence === undefined) return undefined;
  const { at, why, processes, count } = evidence;
  const says = `${WHY[why]}${blockersText(processes, count)}`;
  return { ...evidence, at: new Date(at).toISOString(), says };
}

const WHY: Readonly<Record<EvidenceView['why'], string>> = {
  killed: 'killed',
  left: 'left when its init had ended',
  wedged: 'killed, and did not end',
};

function startView({ starts }: World, start: StartingGuest): Pick<GuestLifeView, 'doing' | 'awaits'> {
  const { phase, by, settings, notBefore } = start;
  if (notBefore !== undefined) return { doing: 'restarting' };
  const awaits =
    phase === 'starting' || phase === 'late' ? readinessText(settings.ready) : (by ?? awaited(starts, start));
  return { doing: phase, ...(awaits !== '' && { awaits }) };
}

function awaited(starts: World['starts'], { settings }: StartingGuest): string {
  return settings.after.filter((guest) => starts.of(guest) !== undefined).join(', ');
}
