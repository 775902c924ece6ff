import { readFile } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { HttpSinkSettings } from '../../model/alert.ts';
import { printable } from '../../model/printable.ts';
import type { Sent } from '../../ports/alert-sink.ts';

/** What a server says of why it refuses, as far as anybody reads it. */
const MOST_TEXT = 300;
/** What is wrong is the message; everything else, a path or credentials too, may come right. */
const FINAL = [400, 413, 422];
const LONGEST_AUTHORIZATION = 8192;

/** Posts JSON, once and to this address only: a redirection is a refusal. */
export async function post(
  { url, authorizationFile }: Pick<HttpSinkSettings, 'url' | 'authorizationFile'>,
  value: unknown,
  signal: AbortSignal,
): Promise<Sent> {
  try {
    const authorization = authorizationFile === undefined ? {} : await readAuthorization(authorizationFile);
    const body = Buffer.from(JSON.stringify(value));
    const response = await request(url, authorization, body, signal);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      response.destroy(); // it has been taken: what else is said is nobody's business
      return { ok: true };
    }
    const text = printable((await beginning(response)).trim());
    const reason = `answered ${status}${text === '' ? '' : `: ${text}`}`;
    return { ok: false, reason, isFinal: FINAL.includes(status) };
  } catch (error) {
    const reason = signal.aborted ? 'gave no answer in time' : reasonOf(error);
    return { ok: false, reason, isFinal: false };
  }
}

async function readAuthorization(path: string): Promise<{ readonly authorization: string }> {
  const authorization = (await readFile(path, 'utf8')).trim();
  const isHeader = authorization.length < LONGEST_AUTHORIZATION && /^[\x20-\x7e]+$/.test(authorization);
  if (!isHeader) throw new Error(`${path} has not one line with an Authorization header`);
  return { authorization };
}

async function request(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { request: open } = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  const length = { 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...headers, ...length }, agent: false, signal } as const;
    const sent: ClientRequest = open(url, options, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

async function beginning(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += chunk;
    if (text.length >= MOST_TEXT) break;
  }
  return text.slice(0, MOST_TEXT);
}

function reasonOf(error: unknown): string {
  // Of several addresses each has an error of its own, and the whole has no text.
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return printable(first instanceof Error ? first.message : String(first));
}
