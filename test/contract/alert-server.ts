import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a server behaves badly, each in one way. */
export type Manners = 'well' | 'slow' | 'refuses' | 'forbids' | 'redirects' | 'hangs' | 'closes' | 'talks for ever';

export interface AlertServer {
  readonly url: string;
  manners: Manners;
  readonly requests: {
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
    /** When it was there, monotonic ms. */
    readonly at: number;
  }[];
  close(): Promise<unknown>;
}

/** A real server on loopback. */
export async function alertServer(): Promise<AlertServer> {
  const server = createServer((request, response) => void take(request, response));
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += chunk;
    requests.push({ path: request.url ?? '', headers: request.headers, body, at: performance.now() });
    ANSWERS[served.manners](response);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const requests: AlertServer['requests'] = [];
  const served: AlertServer = {
    url: `http://127.0.0.1:${port}`,
    manners: 'well',
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
  return served;
}

const ANSWERS: Readonly<Record<Manners, (response: ServerResponse) => void>> = {
  well: (response) => response.writeHead(200).end('{}'),
  slow: (response) => void setTimeout(() => response.writeHead(202).end(), 200),
  refuses: (response) => response.writeHead(500).end('no room\x1b[31m left\n'),
  forbids: (response) => response.writeHead(400).end('bad alert'),
  redirects: (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  hangs: () => {},
  closes: (response) => response.destroy(),
  'talks for ever': (response) => {
    response.writeHead(500);
    const talk = setInterval(() => response.write('blah '.repeat(100)), 5);
    response.on('close', () => clearInterval(talk));
  },
};
