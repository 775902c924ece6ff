import { missingRequired } from '../devices/required.ts';
import { findGuest } from './guests.ts';
import type { World } from './world.ts';

/** A guest that is set up and waits for us before its init runs. */
export interface StartingGuest {
  readonly guest: string;
  readonly token: string;
}

/** Answers hooks of guests that start: now, or when a device that a rule waits for has come. */
export interface StartHook {
  starts(starting: StartingGuest): Promise<void>;
  /** The devices have changed: those who wait are looked at again. */
  devicesChanged(): void;
  /** The executor ended, and with it everybody who waited for an answer through it. */
  forget(): void;
}

export function startHook(world: World): StartHook {
  const waiting = new Map<string, { readonly starting: StartingGuest; readonly cancel: () => void }>();

  const answer = async ({ token }: StartingGuest, word: 'go' | 'refuse') => {
    waiting.get(token)?.cancel();
    waiting.delete(token);
    await world.ports.host.answerHook(token, word, 0);
  };
  // The nodes are there before the guest's init is let go.
  const prepareAndGo = async (starting: StartingGuest) => {
    world.queue.add(starting.guest);
    await world.queue.passed(starting.guest);
    await answer(starting, 'go');
  };
  const wait = async (starting: StartingGuest, waitMs: number) => {
    const { clock, host } = world.ports;
    const cancel = clock.wake(clock.now() + waitMs, () => void prepareAndGo(starting));
    waiting.set(starting.token, { starting, cancel });
    await host.answerHook(starting.token, 'wait', Math.ceil(waitMs / 1000));
  };
  const decide = async (starting: StartingGuest) => {
    const missing = missingRequired(world.assignment, starting.guest);
    const refused = missing.find(({ waitMs }) => waitMs === 0);
    if (refused !== undefined) {
      world.report.refusal(refused.refusal, { guest: starting.guest });
      return answer(starting, 'refuse');
    }
    if (missing.length === 0) return prepareAndGo(starting);
    const waitMs = Math.max(...missing.map((one) => one.waitMs));
    if (!waiting.has(starting.token)) await wait(starting, waitMs);
  };

  return {
    async starts(starting) {
      await findGuest(world, starting.guest);
      const record = world.records.get(starting.guest);
      if (record !== undefined) record.start = 'asked';
      await decide(starting);
    },
    devicesChanged() {
      for (const { starting } of [...waiting.values()]) void decide(starting);
    },
    forget() {
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
