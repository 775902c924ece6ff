import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { serveControl } from '../../src/control/server.ts';
import type { AgentControl } from '../../src/ports/agent.ts';
import {
  agentValue,
  alerts,
  auditedAgent,
  devices,
  events,
  guests,
  listed,
  plans,
  scan1,
  scanner,
  status,
  tellingAgent,
} from './agent-value.ts';
import { type Served, serveBehindDoor } from './front-door.ts';

const preamble = 'hostler-peer 0 0 4242\n';
const served: Served[] = [];
afterEach(async () => {
  for (const one of served.splice(0)) await one.close();
});

async function serve(agent: AgentControl = agentValue(), peer?: string): Promise<Served> {
  const one = await serveBehindDoor(agent, peer === undefined ? {} : { peer });
  served.push(one);
  return one;
}

/** Everything that the socket answers to these bytes until it closes. */
async function exchange(path: string, bytes: string | Buffer): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(path);
  socket.on('error', () => {});
  socket.write(bytes);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), head, body };
}

async function request(
  path: string,
  method: string,
  target: string,
): Promise<{ status: number; head: string; body: string }> {
  return exchange(path, `${method} ${target} HTTP/1.1\r\nHost: hostler\r\n\r\n`);
}

test.each([
  ['/v1/status', status],
  ['/v1/guests', guests],
  ['/v1/list', listed],
  ['/v1/guests/scan1', scan1],
  ['/v1/guests/sc%61n1', scan1],
  ['/v1/devices', devices],
  ['/v1/alerts', alerts],
  ['/v1/devices?guest=scan1', [scanner]],
  ['/v1/plan', plans],
  ['/v1/plan?guest=web1', [plans[1]]],
])('GET %s answers with the view itself', async (target, view) => {
  const { door } = await serve();
  const answer = await request(door, 'GET', target);
  expect(answer.status).toBe(200);
  expect(answer.head).toContain('content-type: application/json');
  expect(JSON.parse(answer.body)).toEqual(view);
});

test('GET /v1/why answers with the device and the verdict of every rule', async () => {
  const { door } = await serve();
  const answer = await request(door, 'GET', '/v1/why?device=%2Fdev%2Fbus%2Fusb%2F001%2F004');
  expect(JSON.parse(answer.body)).toMatchObject({
    device: { sysname: '1-1.2' },
    rules: [{ matched: true }, { failed: { wanted: '03f0', found: '04b8' } }],
  });
});

test.each([
  ['GET', '/v1/guests/nope', 404, 'E_NO_GUEST', 'nope'],
  ['GET', '/v1/devices?guest=nope', 404, 'E_NO_GUEST', 'nope'],
  ['GET', '/v1/plan?guest=nope', 404, 'E_NO_GUEST', 'nope'],
  ['POST', '/v1/apply?guest=nope', 404, 'E_NO_GUEST', 'nope'],
  ['POST', '/v1/apply?guest=nope&force=1', 404, 'E_NO_GUEST', 'nope'],
  ['POST', '/v1/stop?guest=nope', 404, 'E_NO_GUEST', 'nope'],
  ['POST', '/v1/stop', 400, 'E_USAGE', 'stop'],
  ['POST', '/v1/stop?guests=web1,nope', 404, 'E_NO_GUEST', 'nope'],
  ['POST', '/v1/stop-all?timeout=0', 400, 'E_USAGE', 'timeout'],
  ['POST', '/v1/stop?guest=web1&timeout=0', 400, 'E_USAGE', 'timeout'],
  ['POST', '/v1/stop?guest=web1&kill=yes', 400, 'E_USAGE', 'kill'],
  ['POST', '/v1/apply?force=1', 400, 'E_USAGE', 'apply'],
  ['POST', '/v1/apply?guest=web1&force=yes', 400, 'E_USAGE', 'force'],
  ['GET', '/v1/why?device=/dev/nope', 404, 'E_NO_DEVICE', '/dev/nope'],
  ['GET', '/v1/why', 400, 'E_USAGE', '/v1/why'],
  ['GET', '/v1/status?verbose=1', 400, 'E_USAGE', '/v1/status'],
  ['GET', '/v1/events?after=-1', 400, 'E_USAGE', 'after'],
  ['GET', '/v1/events?follow=yes', 400, 'E_USAGE', 'follow'],
  ['GET', '/v1/guests/%zz', 404, 'E_USAGE', '/v1/guests/%zz'],
  ['GET', '/v1/guests/a/b', 404, 'E_USAGE', '/v1/guests/a/b'],
])('%s %s is refused with %d %s %s', async (method, target, code, failure, subject) => {
  const { door } = await serve();
  const answer = await request(door, method, target);
  expect(answer.status).toBe(code);
  expect(JSON.parse(answer.body)).toMatchObject({ code: failure, subject });
});

test.each([
  ['GET', '/v1/guests/wbe1', '; did you mean web1?'],
  ['GET', '/v1/devices?guest=sca', '; did you mean scan1?'],
  ['POST', '/v1/stop?guests=web1,scan2', '; did you mean scan1?'],
  ['POST', '/v1/stop?guest=nope', undefined],
])('%s %s is refused with the guest that was meant: %s', async (method, target, detail) => {
  const { door } = await serve();
  const refusal = JSON.parse((await request(door, method, target)).body);
  expect([refusal.code, refusal.detail]).toEqual(['E_NO_GUEST', detail]);
});

test('an unknown route names the routes there are', async () => {
  const { door } = await serve();
  const answer = await request(door, 'GET', '/');
  expect(answer.status).toBe(404);
  expect(JSON.parse(answer.body).detail).toContain('GET /v1/guests/NAME, GET /v1/devices');
});

test('a wrong method is answered with the right one, and changes nothing', async () => {
  const { agent, audit } = auditedAgent();
  const { door } = await serve(agent);
  const answer = await request(door, 'GET', '/v1/apply');
  expect(answer.status).toBe(405);
  expect(answer.head).toContain('allow: POST');
  expect(audit).toEqual([]);
});

test('every write is told who wrote, as the door says', async () => {
  const { agent, audit } = auditedAgent();
  const { door } = await serve(agent, '1000 1000 77');
  await request(door, 'POST', '/v1/apply?guest=web1');
  await request(door, 'POST', '/v1/apply?guest=web1&force=1');
  await request(door, 'POST', '/v1/reload');
  const caller = { uid: 1000, pid: 77 };
  expect(audit).toEqual([
    { did: 'apply web1', caller },
    { did: 'apply web1 by force', caller },
    { did: 'reload', caller },
  ]);
});

test.each([
  ['nothing of the door', 'GET /v1/status HTTP/1.0\r\n\r\n'],
  ['a word too many', 'hostler-peer 0 0 1 2\nGET /v1/status HTTP/1.0\r\n\r\n'],
  ['a name for a number', 'hostler-peer root 0 1\nGET /v1/status HTTP/1.0\r\n\r\n'],
  ['a line without end', `hostler-peer ${'0'.repeat(100_000)}`],
])('a connection that begins with %s gets no answer', async (_what, bytes) => {
  const { inner } = await serve();
  expect((await exchange(inner, bytes)).head).toBe('');
});

test("the door's line may come byte by byte, and together with the question", async () => {
  const { inner } = await serve();
  const socket = connect(inner);
  for (const byte of preamble) {
    socket.write(byte);
    // Turns of the loop, not time: who says nothing for long is closed.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  }
  socket.write('GET /v1/guests/web1 HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toContain('"name":"web1"');
  expect((await exchange(inner, `${preamble}GET /v1/guests/web1 HTTP/1.0\r\n\r\n`)).status).toBe(200);
});

test.each(['', 'hostler-peer 0'])('a connection that ends after "%s" harms nobody', async (bytes) => {
  const { inner } = await serve();
  const socket = connect(inner);
  socket.end(bytes);
  await once(socket.resume(), 'close');
  expect((await exchange(inner, `${preamble}GET /v1/status HTTP/1.0\r\n\r\n`)).status).toBe(200);
});

test('a connection that says nothing is closed after a moment, one that asks by drops after five', async () => {
  const { inner } = await serve();
  const started = performance.now();
  const silent = exchange(inner, 'hostler-peer 0');
  const socket = connect(inner);
  socket.on('error', () => {});
  socket.write(`${preamble}GET /v1/status HTTP/1.1\r\n`);
  const drops = setInterval(() => socket.write('x: y\r\n'), 100);
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve)); // a drop may find it closed, which is no failure
  const first = await Promise.race([silent.then(() => 'silent'), closed.then(() => 'drops')]);
  expect(first).toBe('silent');
  expect(performance.now() - started).toBeGreaterThan(2400);
  await closed;
  clearInterval(drops);
  expect(performance.now() - started).toBeGreaterThan(4_500);
});

test('headers over 8 KiB and bodies over 64 KiB are refused, and the write is not done', async () => {
  const { agent, audit } = auditedAgent();
  const { door } = await serve(agent);
  const head = `POST /v1/reload HTTP/1.1\r\nHost: hostler\r\n`;
  expect((await exchange(door, `${head}X: ${'x'.repeat(20_000)}\r\n\r\n`)).status).toBe(431);
  expect((await exchange(door, `${head}Content-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`)).status).toBe(413);
  expect(audit).toEqual([]);
  expect((await exchange(door, `${head}Content-Length: 60000\r\n\r\n${'x'.repeat(60_000)}`)).status).toBe(200);
});

test('events come one JSON object a line, and end where nothing is to follow', async () => {
  const { door } = await serve();
  const answer = await exchange(door, 'GET /v1/events HTTP/1.0\r\n\r\n');
  expect(answer.head).toContain('content-type: application/x-ndjson');
  expect(
    answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(events);
  expect((await exchange(door, 'GET /v1/events?after=1 HTTP/1.0\r\n\r\n')).body.trimEnd().split('\n')).toHaveLength(1);
});

test('a follower hears what was and what comes, once each, and is forgotten when it goes', async () => {
  const { agent, tell, followers } = tellingAgent();
  const { door } = await serve(agent);
  tell('before');
  const follower = await follow(door);
  await seen(follower, 'before');
  tell('after');
  await seen(follower, 'after');
  expect(follower.text.match(/"number":/g)).toHaveLength(2);
  follower.socket.destroy();
  await until(() => followers() === 0);
});

test('a follower that does not read costs the agent no more than its ring, and gets the ring when it reads again', async () => {
  const { agent, tell } = tellingAgent(500);
  const { door } = await serve(agent);
  const follower = await follow(door);
  follower.socket.pause();
  for (let i = 0; i < 2_000; i++) {
    tell(`${i} ${'x'.repeat(50_000)}`);
    if (i % 50 === 0) await new Promise(setImmediate);
  }
  follower.socket.resume();
  await seen(follower, '"says":"1999 ');
  expect(follower.text.match(/"number":/g)?.length).toBeLessThan(700);
});

test('a thousand half-open connections do not keep a question from its answer', async () => {
  const { inner } = await serve();
  const open: Socket[] = [];
  for (let i = 0; i < 1_000; i++) {
    const socket = connect(inner);
    socket.on('error', () => {}).resume();
    socket.write(i % 2 === 0 ? '' : `${preamble}GET /v1/status HT`);
    open.push(socket);
    // The kernel keeps at most 511 that were not accepted yet.
    if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await exchange(inner, `${preamble}GET /v1/status HTTP/1.0\r\n\r\n`)).status).toBe(200);
  // They made room before that was answered; whoever is heard of it first, the others are heard of in the same breath.
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect(open.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(256);
  for (const socket of open) socket.destroy();
});

test('the socket is for its owner only, replaces what a killed agent left, and is gone after close', async () => {
  const { inner, close } = await serveBehindDoor(agentValue());
  expect(statSync(inner).mode & 0o777).toBe(0o600);
  await close();
  expect(existsSync(inner)).toBe(false);
  const left = `/tmp/hostler-control-left-${process.pid}`;
  writeFileSync(left, '');
  const control = await serveControl(agentValue(), left);
  expect((await exchange(left, `${preamble}GET /v1/status HTTP/1.0\r\n\r\n`)).status).toBe(200);
  await control.close();
});

test('followers that go at once are forgotten too', async () => {
  const { agent, followers } = tellingAgent();
  const { inner } = await serve(agent);
  for (let i = 0; i < 200; i++) {
    const socket = connect(inner);
    socket.on('error', () => {});
    socket.write(`${preamble}GET /v1/events?follow=1 HTTP/1.0\r\n\r\n`, () => socket.destroy());
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await exchange(inner, `${preamble}GET /v1/status HTTP/1.0\r\n\r\n`);
  await until(() => followers() === 0);
});

test('a caller that goes before its answer is ready harms nobody', async () => {
  let finish = () => {};
  const planned = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { inner } = await serve(agentValue({ plan: () => planned.then(() => plans) }));
  const socket = connect(inner);
  socket.write(`${preamble}GET /v1/plan HTTP/1.0\r\n\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  finish();
  expect((await exchange(inner, `${preamble}GET /v1/status HTTP/1.0\r\n\r\n`)).status).toBe(200);
});

/** To look for something in all of many megabytes again and again takes longer than they take to come. */
const END_LENGTH = 100_000;

interface Follower {
  readonly socket: Socket;
  text: string;
  /** The end of the text. */
  end: string;
}

async function follow(path: string): Promise<Follower> {
  const socket = connect(path);
  socket.on('error', () => {});
  socket.write('GET /v1/events?follow=1 HTTP/1.0\r\n\r\n');
  const follower: Follower = { socket, text: '', end: '' };
  socket.setEncoding('utf8').on('data', (chunk) => {
    follower.text += chunk;
    follower.end = (follower.end + chunk).slice(-END_LENGTH);
  });
  await seen(follower, '\r\n\r\n');
  return follower;
}

function seen(follower: Follower, text: string): Promise<void> {
  return until(() => follower.end.includes(text));
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('waited for long in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
