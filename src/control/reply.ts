import type { ServerResponse } from 'node:http';
import type { FailureCode, Refusal } from '../model/failure.ts';

/** What a route answers: a view, a refusal, or something that writes by itself for as long as it lasts. */
export type Reply =
  | { readonly value: unknown }
  | { readonly refusal: Refusal; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly stream: (response: ServerResponse) => void };

const statuses: Partial<Record<FailureCode, number>> = {
  E_NO_GUEST: 404,
  E_NO_DEVICE: 404,
  E_NO_SINK: 404,
  E_USAGE: 400,
  E_NOT_PERMITTED: 403,
};

export function sendReply(response: ServerResponse, reply: Reply): void {
  // A stream to a caller who has gone would never hear its end.
  if (response.destroyed) return;
  if ('stream' in reply) reply.stream(response);
  else if ('value' in reply) sendJson(response, 200, reply.value);
  else {
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
    sendJson(response, reply.status ?? statuses[reply.refusal.code] ?? 500, reply.refusal);
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
