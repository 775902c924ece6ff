import { request } from 'node:http';

/** What an agent answers at its control socket. */
export async function ask<T>(socketPath: string, path: string, method = 'GET'): Promise<T> {
  return JSON.parse(await askText(socketPath, path, method));
}

export function askText(socketPath: string, path: string, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method, timeout: 30_000 }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.on('end', () => resolve(body));
    });
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
    asked.end();
  });
}
