import { failures, type Refusal } from '../model/failure.ts';
import { type Asking, askHttp } from './http.ts';
import type { Options } from './options.ts';

export type Asked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

// A plan over many guests may wait for one that plays dead.
const silentMs = 60_000;

/** One question to the agent, answered with a view of src/ports/agent.ts. */
export async function ask<T>(options: Options, method: Asking['method'], target: string): Promise<Asked<T>> {
  const socket = socketPath(options);
  try {
    const answer = await askHttp({ socket, method, target, silentMs });
    return understood(socket, answer.status, await whole(answer.body));
  } catch (error) {
    return { ok: false, refusal: unreachable(socket, error) };
  }
}

/** `target('/v1/plan', { guest: undefined })` is the path alone. */
export function target(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? path : `${path}?${given.join('&')}`;
}

export function socketPath(options: Options): string {
  return options.socket ?? (process.env.HOSTLER_SOCKET || '/run/hostler/control.sock');
}

export async function whole(body: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += chunk;
  return text;
}

/** What an answer that is no view says, or that it says nothing we know. */
export function refusalIn(socket: string, text: string): Refusal {
  try {
    const refusal = JSON.parse(text);
    if (Object.hasOwn(failures, refusal.code)) return refusal;
  } catch {
    // Not JSON: not the agent, or an agent of another time.
  }
  return { code: 'E_UNREACHABLE', subject: socket, detail: stranger };
}

const stranger = 'what answers there is no hostler of this version';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket',
  ECONNREFUSED: 'nobody listens on the socket',
  EAGAIN: 'too many callers at once',
  ENOTSOCK: 'it is not a socket',
  ETIMEDOUT: `nothing was heard for ${silentMs / 1000} s`,
};

export function unreachable(socket: string, error: unknown): Refusal {
  if (error instanceof SyntaxError) return { code: 'E_UNREACHABLE', subject: socket, detail: stranger };
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'EACCES' || code === 'EPERM')
    return {
      code: 'E_NOT_PERMITTED',
      subject: socket,
      detail: 'the socket lets in only root and members of group hostler',
    };
  if (code === 'ECONNRESET' || code === 'EPIPE') return { code: 'E_CLOSED', subject: socket };
  return { code: 'E_UNREACHABLE', subject: socket, detail: reasons[code] ?? code };
}

function understood<T>(socket: string, status: number, text: string): Asked<T> {
  if (status !== 200) return { ok: false, refusal: refusalIn(socket, text) };
  return { ok: true, value: JSON.parse(text) };
}
