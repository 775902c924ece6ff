import type { GuestView, UnderWayView } from '../ports/agent.ts';
import { type Asked, ask } from './ask.ts';
import type { Options } from './options.ts';

const PATH = '/v1/under-way';

/** What the next agent knows of what the one before had begun. It goes on with that by itself. */
export async function askUnderWay(options: Options): Promise<Asked<readonly UnderWayView[]>> {
  const asked = await ask<readonly UnderWayView[]>(options, 'GET', PATH);
  const isOlder = !asked.ok && asked.refusal.code === 'E_USAGE' && asked.refusal.subject === PATH;
  if (!isOlder) return asked;
  const guests = await ask<readonly GuestView[]>(options, 'GET', '/v1/guests');
  return guests.ok ? { ok: true, value: guests.value.map(underWayOf) } : guests;
}

/** By what an agent tells that has no such route; nobody has heard anything from it yet. */
function underWayOf({ name, state, stop, life }: GuestView): UnderWayView {
  const view = { guest: name, start: startOf(life?.doing, state), after: 0 };
  if (stop !== undefined) return { ...view, stop: stop.phase === 'wedged' ? 'wedged' : 'stopping' };
  return { ...view, stop: state === 'stopped' ? 'stopped' : 'withdrawn' };
}

type Doing = NonNullable<GuestView['life']>['doing'];

function startOf(doing: Doing, state: GuestView['state']): UnderWayView['start'] {
  if (doing === undefined) return state === 'stopped' ? 'withdrawn' : 'ready';
  if (doing === 'quarantined') return 'failed';
  if (doing === 'restarting') return 'waiting';
  return doing === 'stopping' ? 'withdrawn' : doing;
}
