import { isDeaf, waysOf } from '../../lifecycle/halt-ways.ts';
import { initKind } from '../../lifecycle/init-kind.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Readiness } from '../../model/lifecycle.ts';
import { ranMs } from '../../model/ran-ms.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { Life } from '../../ports/life.ts';
import type { World } from '../world.ts';
import type { SaidReady } from './said-ready.ts';
import { settingsOf } from './settings-of.ts';

/** A program that tells whether the guest is ready. */
const COMMAND_S = 10;
/** What systemctl says of a systemd that would have said READY=1. */
const BOOTED: ReadonlySet<string> = new Set(['running', 'degraded']);
const FIRST_PROBE_MS = 20;
const LAST_PROBE_MS = 1000;
const LATE_PROBE_MS = 5000;

/** Whether that start of a guest is ready, as far as can be told now. */
export async function isReady(
  { ports: { life, clock }, config }: World,
  guest: string,
  instance: GuestInstance,
  ready: Readiness,
  said: SaidReady,
): Promise<boolean> {
  switch (ready.kind) {
    case 'armed': {
      const state = await life.initState(instance);
      const kind = state.ok ? initKind(state.value.facts) : undefined;
      if (!state.ok || kind === undefined) return false;
      const { facts } = state.value;
      const ways = waysOf(kind, settingsOf({ config }, guest)?.stop?.halt);
      // There is nothing to wait for in one that never listens.
      return ways.armed(facts) || isDeaf(ways, facts, ranMs(instance, clock.uptime()));
    }
    case 'notify':
      return said.isSaid(life, guest, instance) || hasBooted(life, instance);
    case 'command': {
      const ended = await life.run(instance, COMMAND_S, ready.words);
      return ended.ok && ended.value.status === 0;
    }
    case 'delay':
      return ranMs(instance, clock.uptime()) >= ready.delayMs;
    default: {
      const reached = await life.reaches(instance, ready);
      return reached.ok && reached.value;
    }
  }
}

// A systemd that was told of no socket, or said it while nobody listened, still knows.
async function hasBooted(life: Life, instance: GuestInstance): Promise<boolean> {
  const state = await life.initState(instance);
  if (!state.ok || initKind(state.value.facts) !== 'systemd') return false;
  const asked = await life.run(instance, COMMAND_S, ['systemctl', 'is-system-running']);
  return asked.ok && BOOTED.has(asked.value.output.trim());
}

/** How long after one look comes the next. */
export function probeMs({ phase, since }: StartingGuest, now: number): number {
  if (phase === 'late') return LATE_PROBE_MS;
  return Math.min(Math.max((now - since) / 4, FIRST_PROBE_MS), LAST_PROBE_MS);
}

/** What people are told that a guest is waited for. */
export function readinessText(ready: Readiness): string {
  switch (ready.kind) {
    case 'armed':
      return 'its init listens';
    case 'notify':
      return 'it says that it is ready';
    case 'tcp':
      return `somebody listens on ${ready.host === undefined ? 'port ' : `${ready.host}:`}${ready.port}`;
    case 'socket':
      return `somebody listens on ${ready.path}`;
    case 'file':
      return `${ready.path} is there`;
    case 'command':
      return `"${ready.words.join(' ')}" ends with 0`;
    case 'delay':
      return `it runs for ${ready.delayMs / 1000} s`;
  }
}
