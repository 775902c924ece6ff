import type { GuestView, ListedView } from '../ports/agent.ts';
import type { World } from './world.ts';

/** Guests that could not be looked at in so long are listed without what they use. */
const LONGEST_MS = 2000;

/** The host, then its guests, with what they use. Whoever asks meanwhile gets the same answer: nobody makes it look twice. */
export function createList(world: World, guests: () => readonly GuestView[]): () => Promise<readonly ListedView[]> {
  let running: Promise<readonly ListedView[]> | undefined;
  return () => {
    running ??= look(world, guests()).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function look(world: World, guests: readonly GuestView[]): Promise<readonly ListedView[]> {
  const { usage, clock } = world.ports;
  const until = clock.now() + LONGEST_MS;
  const host = await usage.host();
  const refusals = world.nameless; // they have no line of their own
  const converged = refusals.length === 0;
  const listed: ListedView[] = [
    { name: 'host', runtime: 'host', state: 'running', converged, nodes: [], refusals, usage: host },
  ];
  for (const guest of guests) {
    const used = guest.instance && clock.now() < until ? await usage.guest(guest.instance) : undefined;
    const tokens = world.limiter.tokens(guest.name);
    listed.push({ ...guest, ...(used && { usage: used }), ...(tokens && { tokens }) });
  }
  return listed;
}
