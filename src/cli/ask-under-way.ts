import type { UnderWayView } from '../ports/agent.ts';
import { type Asked, ask } from './ask.ts';
import type { Options } from './options.ts';

/** What the next agent knows of what the one before had begun. It goes on with that by itself. */
export function askUnderWay(options: Options): Promise<Asked<readonly UnderWayView[]>> {
  return ask(options, 'GET', '/v1/under-way');
}
