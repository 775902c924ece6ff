import type { Refusal } from '../../model/failure.ts';
import type { OpenEnd } from '../../model/guest-history.ts';
import type { World } from '../world.ts';
import { tellStop } from './tell-lives.ts';
import { unclearedRefusal } from './uncleared.ts';

/** Who stops a guest waits no longer than that to hear that it does not come again. */
const WAITED_MS = 90_000;

/** An end that nobody asked for, until it is known what it was. */
export interface Look {
  end: OpenEnd;
  /** Since when it is looked for, in monotonic milliseconds. */
  readonly since: number;
  /** That it ran in, where that is known. */
  readonly units: readonly string[];
  /** What does not let it go, as it was told. */
  uncleared: Refusal | undefined;
  cancel: () => void;
  /** Who waits for its end was told of it. */
  isTold?: true;
}

/** It is still not known. */
export function tellLate(world: World, guest: string, look: Look, keeper: string | undefined): void {
  const lookedMs = world.ports.clock.now() - look.since;
  if (look.uncleared === undefined) {
    look.uncleared = unclearedRefusal(guest, lookedMs, keeper);
    if (look.uncleared !== undefined) world.report.refusal(look.uncleared, { guest });
  }
  if (look.uncleared !== undefined || lookedMs >= WAITED_MS) tellEnded(world, guest, look);
}

/** To who wanted it stopped. */
export function tellEnded(world: World, guest: string, look: Look): void {
  if (!look.end.isUnwanted || look.isTold) return;
  look.isTold = true;
  tellStop(world, guest, 'stopped', 'has ended');
}
