import { missingRequired, type StartVerdict, startVerdict } from '../devices/required.ts';
import type { OwnedNode } from '../model/ledger.ts';
import { findGuest } from './guests.ts';
import { adoptLedger } from './open.ts';
import type { World } from './world.ts';

/** A guest that is set up and waits for us before its init runs. */
export interface StartingGuest {
  readonly guest: string;
  readonly token: string;
}

/** Answers hooks of guests that start: when all is in the guest that a rule wants there, or cannot be waited for any longer. */
export interface StartHook {
  starts(starting: StartingGuest): Promise<void>;
  /** A pass over a guest has ended: if it waits, it is looked at again. */
  passed(guest: string): void;
  /** The executor ended, and with it everybody who waited for an answer through it. */
  forget(): void;
}

interface Waiting extends StartingGuest {
  /** Monotonic ms at which it asked. */
  readonly since: number;
  /** How long after that its hook waits for us. */
  readonly toldMs: number;
  readonly cancel: () => void;
}

export function startHook(world: World): StartHook {
  const waiting = new Map<string, Waiting>();
  const { clock, host } = world.ports;

  const answer = async ({ token }: StartingGuest, word: 'go' | 'refuse') => {
    waiting.get(token)?.cancel();
    waiting.delete(token);
    await host.answerHook(token, word, 0);
  };
  const refuse = async (one: Waiting, { refusal }: Extract<StartVerdict, { word: 'refuse' }>) => {
    world.report.refusal(refusal, { guest: one.guest });
    await answer(one, 'refuse');
  };
  const wait = async (one: Waiting, { lookMs, waitMs }: Extract<StartVerdict, { word: 'wait' }>) => {
    one.cancel();
    const toldMs = Math.max(one.toldMs, waitMs);
    const now = { ...one, toldMs, cancel: clock.wake(one.since + lookMs, () => void look(now)) };
    waiting.set(one.token, now);
    const leftMs = one.since + waitMs - clock.now();
    if (toldMs > one.toldMs) await host.answerHook(one.token, 'wait', Math.ceil(leftMs / 1000));
  };
  const look = (one: Waiting): Promise<void> => {
    const verdict = verdictOn(world, one);
    if (verdict.word === 'refuse') return refuse(one, verdict);
    return verdict.word === 'wait' ? wait(one, verdict) : answer(one, 'go');
  };

  return {
    async starts({ guest, token }) {
      const one = { guest, token, since: clock.now(), toldMs: 0, cancel: () => {} };
      await findGuest(world, guest);
      const record = world.records.get(guest);
      if (record !== undefined) record.start = 'asked';
      const verdict = verdictOn(world, one);
      if (verdict.word === 'refuse') return refuse(one, verdict);
      // What is there for it is in it before its init is let go, also what it may do without.
      world.queue.add(guest);
      await world.queue.passed(guest);
      await look(one);
    },
    passed(guest) {
      for (const one of [...waiting.values()]) if (one.guest === guest) void look(one);
    },
    forget() {
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}

function verdictOn(world: World, { guest, since }: Waiting): StartVerdict {
  const missing = missingRequired(world.assignment, guest, nodesIn(world, guest));
  return startVerdict(missing, world.ports.clock.now() - since);
}

function nodesIn(world: World, guest: string): readonly OwnedNode[] {
  const record = world.records.get(guest);
  if (record?.guest.instance === undefined) return [];
  adoptLedger(world, record);
  return record.ledger.nodes;
}
