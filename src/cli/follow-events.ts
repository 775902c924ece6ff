import type { EventView } from '../ports/agent.ts';
import { refusalIn, socketPath, target, whole } from './ask.ts';
import { askHttp } from './http.ts';
import { lines } from './lines.ts';
import type { Options } from './options.ts';

/** Events above that number, and every later one as it happens. Ends when the agent does. */
export async function* followEvents(options: Options, after: number): AsyncGenerator<EventView> {
  const socket = socketPath(options);
  const answer = await askHttp({
    socket,
    method: 'GET',
    target: target('/v1/events', { after: String(after), follow: '1' }),
  });
  if (answer.status !== 200) throw new Error(refusalIn(socket, await whole(answer.body)).detail);
  for await (const line of lines(answer.body)) yield JSON.parse(line);
}
