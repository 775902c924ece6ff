import { namesIn } from '../model/name-list.ts';
import type { AgentControl, Caller, GuestChoice, StopWish } from '../ports/agent.ts';
import { streamEvents } from './follow.ts';
import { noGuest } from './no-guest.ts';
import type { Reply } from './reply.ts';

interface Question {
  readonly agent: AgentControl;
  readonly caller: Caller;
  /** What stands where the path says NAME. */
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query: readonly string[];
  readonly answer: (question: Question) => Reply | Promise<Reply>;
}

const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/status', query: [], answer: ({ agent }) => ({ value: agent.status() }) },
  { method: 'GET', path: '/v1/list', query: [], answer: async ({ agent }) => ({ value: await agent.list() }) },
  { method: 'GET', path: '/v1/guests', query: [], answer: ({ agent }) => ({ value: agent.guests() }) },
  { method: 'GET', path: '/v1/guests/NAME', query: [], answer: showGuest },
  { method: 'GET', path: '/v1/devices', query: ['guest'], answer: ofGuest(listDevices) },
  { method: 'GET', path: '/v1/limits', query: ['guest'], answer: ofGuest(listLimits) },
  { method: 'GET', path: '/v1/why', query: ['device'], answer: explain },
  { method: 'GET', path: '/v1/plan', query: ['guest'], answer: ofGuest(plan) },
  { method: 'GET', path: '/v1/under-way', query: [], answer: ({ agent }) => ({ value: agent.underWay() }) },
  { method: 'GET', path: '/v1/plan-shutdown', query: ['budget'], answer: planShutdown },
  { method: 'GET', path: '/v1/alerts', query: [], answer: ({ agent }) => ({ value: agent.alerts() }) },
  { method: 'POST', path: '/v1/alerts/test', query: ['sink'], answer: testAlerts },
  { method: 'GET', path: '/v1/events', query: ['after', 'follow'], answer: events },
  { method: 'POST', path: '/v1/apply', query: ['guest', 'force'], answer: ofGuest(apply) },
  { method: 'POST', path: '/v1/stop', query: ['guest', 'guests', 'timeout', 'kill'], answer: ofGuest(stop) },
  { method: 'POST', path: '/v1/stop-all', query: ['mark', 'timeout', 'kill'], answer: ofMark(stopAll) },
  { method: 'POST', path: '/v1/start', query: ['guests', 'mark', 'all', 'timeout'], answer: ofMark(start) },
  { method: 'POST', path: '/v1/restart', query: ['guests', 'mark', 'all', 'timeout', 'kill'], answer: ofMark(restart) },
  { method: 'POST', path: '/v1/reload', query: [], answer: reload },
];

/** `url` is the request's target, `/v1/devices?guest=web1`. */
export async function answer(agent: AgentControl, caller: Caller, method: string, url: string): Promise<Reply> {
  const [path = '', queryText = ''] = url.split('?', 2);
  const found = routes.filter((route) => nameIn(route, path) !== undefined);
  const route = found.find((candidate) => candidate.method === method);
  if (!route) return found.length > 0 ? wrongMethod(path, found) : noRoute(path);
  const query = Object.fromEntries(new URLSearchParams(queryText));
  const unknown = Object.keys(query).find((key) => !route.query.includes(key));
  if (unknown !== undefined)
    return usage(path, `unknown parameter ${unknown}; known: ${route.query.join(', ') || 'none'}`);
  return route.answer({ agent, caller, name: nameIn(route, path) ?? '', query });
}

/** The part of `path` where the route says NAME, empty for a route without one; undefined when the path is not the route's. */
function nameIn(route: Route, path: string): string | undefined {
  if (route.path === path) return '';
  if (!route.path.endsWith('/NAME')) return undefined;
  const prefix = route.path.slice(0, -'NAME'.length);
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  return rest === '' || rest.includes('/') ? undefined : decoded(rest);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function wrongMethod(path: string, found: readonly Route[]): Reply {
  const allow = found.map((route) => route.method).join(', ');
  return {
    status: 405,
    headers: { allow },
    refusal: { code: 'E_USAGE', subject: path, detail: `only ${allow} is understood` },
  };
}

function noRoute(path: string): Reply {
  const known = routes.map((route) => `${route.method} ${route.path}`).join(', ');
  return { status: 404, refusal: { code: 'E_USAGE', subject: path, detail: `no such route; there are ${known}` } };
}

function usage(subject: string, detail: string): Reply {
  return { refusal: { code: 'E_USAGE', subject, detail } };
}

function showGuest({ agent, name }: Question): Reply {
  const view = agent.guest(name);
  return view ? { value: view } : noGuest(agent, name);
}

function ofGuest(next: (question: Question, guest: string | undefined) => Reply | Promise<Reply>): Route['answer'] {
  return (question) => {
    const guest = question.query.guest;
    if (guest === undefined || question.agent.guest(guest)) return next(question, guest);
    return noGuest(question.agent, guest);
  };
}

function ofMark(next: (question: Question) => Promise<Reply>): Route['answer'] {
  return (question) => {
    const { mark } = question.query;
    if (mark === undefined || question.agent.marks().has(mark)) return next(question);
    return { refusal: { code: 'E_NO_MARK', subject: mark } };
  };
}

function listDevices({ agent }: Question, guest: string | undefined): Reply {
  return { value: agent.devices(guest) };
}

function listLimits({ agent }: Question, guest: string | undefined): Reply {
  return { value: agent.limits(guest) };
}

async function plan({ agent }: Question, guest: string | undefined): Promise<Reply> {
  return { value: await agent.plan(guest) };
}

async function planShutdown({ agent, query: { budget } }: Question): Promise<Reply> {
  if (budget !== undefined && !isSeconds(budget)) return usage('budget', 'seconds are wanted');
  return { value: await agent.planShutdown(budget === undefined ? undefined : 1000 * Number(budget)) };
}

async function apply({ agent, caller, query }: Question, guest: string | undefined): Promise<Reply> {
  const force = query.force ?? '0';
  if (!/^[01]$/.test(force)) return usage('force', '0 or 1 is wanted');
  if (force === '0') return { value: await agent.apply(guest, caller) };
  if (guest === undefined) return usage('apply', '--force wants a GUEST');
  return { value: await agent.applyByForce(guest, caller) };
}

async function stop({ agent, caller, query }: Question, guest: string | undefined): Promise<Reply> {
  if (guest !== undefined) return wished(query, (wish) => agent.stop(guest, wish, caller));
  if (query.guests === undefined) return usage('stop', 'the parameter guest is missing, or guests');
  return ofNames(agent, query.guests, (guests) =>
    wished(query, (wish) => agent.stopTogether({ guests }, wish, caller)),
  );
}

function stopAll({ agent, caller, query }: Question): Promise<Reply> {
  return wished(query, (wish) => agent.stopTogether({ mark: query.mark }, wish, caller));
}

// Of several none where one is not there.
async function ofNames(
  agent: AgentControl,
  list: string,
  next: (names: readonly string[]) => Promise<Reply>,
): Promise<Reply> {
  const names = namesIn(list);
  const unknown = names.find((name) => agent.guest(name) === undefined);
  return unknown === undefined ? next(names) : noGuest(agent, unknown);
}

async function wished({ timeout, kill = '0' }: Question['query'], begin: (wish: StopWish) => unknown): Promise<Reply> {
  if (timeout !== undefined && !isSeconds(timeout)) return usage('timeout', 'seconds are wanted');
  if (!/^[01]$/.test(kill)) return usage('kill', '0 or 1 is wanted');
  const wish = { kill: kill === '1', ...(timeout !== undefined && { timeoutMs: 1000 * Number(timeout) }) };
  return { value: await begin(wish) };
}

function start(question: Question): Promise<Reply> {
  const { agent, caller } = question;
  return chosen(question, ({ timeoutMs }, choice) => agent.start(choice, timeoutMs ? { timeoutMs } : {}, caller));
}

function restart(question: Question): Promise<Reply> {
  const { agent, caller } = question;
  return chosen(question, (wish, choice) => agent.restart(choice, wish, caller));
}

async function chosen(
  { agent, query }: Question,
  begin: (wish: StopWish, choice: GuestChoice) => unknown,
): Promise<Reply> {
  const { guests, mark, all } = query;
  if (guests === undefined && mark === undefined && all !== '1')
    return usage('guests', 'guests, mark or all=1 is wanted');
  if (guests === undefined) return wished(query, (wish) => begin(wish, { mark }));
  return ofNames(agent, guests, (names) => wished(query, (wish) => begin(wish, { guests: names })));
}

function isSeconds(text: string): boolean {
  return /^[1-9]\d{0,3}$/.test(text);
}

async function reload({ agent, caller }: Question): Promise<Reply> {
  return { value: await agent.reload(caller) };
}

async function testAlerts({ agent, caller, query }: Question): Promise<Reply> {
  const value = await agent.testAlerts(query.sink, caller);
  const isUnknown = query.sink !== undefined && value.length === 0;
  return isUnknown ? { refusal: { code: 'E_NO_SINK', subject: query.sink ?? '' } } : { value };
}

function explain({ agent, query }: Question): Reply {
  const device = query.device;
  if (!device) return usage('/v1/why', 'the parameter device is missing');
  const view = agent.why(device);
  return view ? { value: view } : { refusal: { code: 'E_NO_DEVICE', subject: device } };
}

function events({ agent, query }: Question): Reply {
  const after = query.after ?? '0';
  const follow = query.follow ?? '0';
  if (!/^\d{1,15}$/.test(after)) return usage('after', 'the number of an event is wanted');
  if (!/^[01]$/.test(follow)) return usage('follow', '0 or 1 is wanted');
  return { stream: (response) => streamEvents(agent, Number(after), follow === '1', response) };
}
