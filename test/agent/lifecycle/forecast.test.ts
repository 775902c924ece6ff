import { expect, test } from 'vitest';
import { USUAL_START } from '../../../src/lifecycle/start-closure.ts';
import type { ShutdownLimit } from '../../../src/model/shutdown.ts';
import type { AgentControl } from '../../../src/ports/agent.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';

const caller = { uid: 0, pid: 1 };
const JOB: ShutdownLimit = { name: 'JobTimeoutSec of reboot.target', ms: 1_800_000, ends: 'guests' };

/** web starts after db; web halts after 2 s, db never by itself. */
async function staged(shutdownBudgetMs?: number) {
  const machine = new Machine();
  machine.shutdownLimits = [JOB];
  for (const guest of ['web', 'db']) machine.start(guest);
  machine.onHalt = (guest) => {
    if (guest === 'web') machine.clock.wake(machine.clock.now() + 2000, () => machine.stop(guest));
  };
  const base = configOf();
  const config = {
    ...base,
    settings: { ...base.settings, ...(shutdownBudgetMs !== undefined && { shutdownBudgetMs }) },
    guests: [
      { guest: 'web', start: { ...USUAL_START, after: ['db'] }, stop: { timeoutMs: 30_000, before: [] } },
      { guest: 'db', stop: { timeoutMs: 20_000, before: [] } },
    ],
  };
  const store = memoryStore();
  const made = stage(machine, config, portsOf(machine, config, store));
  await made.agent.start();
  const next = async () => {
    machine.clock.silence();
    machine.line.cut();
    machine.startExecutor();
    const second = stage(machine, config, portsOf(machine, config, store));
    await second.agent.start();
    return { control: second.agent.control };
  };
  return { ...made, store, control: made.agent.control, next };
}

/** What was told of it, without remedies. */
function news(control: AgentControl): readonly string[] {
  const about = control.events(0).filter(({ says }) => says.includes('shutdown of the host'));
  return about.map(({ kind, says }) => `${kind} ${says.split(';')[0]}`);
}

function open(control: AgentControl): readonly string[] {
  return control.alerts().open.map(({ guest, resource }) => `${guest} ${resource}`);
}

test('guests that were never stopped take their timeouts, and a budget that is too short is told before any stop', async () => {
  const { control } = await staged(30_000);
  const view = await control.planShutdown(undefined);
  expect(view).toMatchObject({ totalMs: 50_000, critical: ['web', 'db'], fits: false, smallest: { name: 'budget' } });
  expect(view.stops.map(({ guest, learned }) => [guest, learned])).toEqual([
    ['web', 0],
    ['db', 0],
  ]);
  const told = control.status().warnings.map(({ code, detail }) => `${code} ${detail}`);
  expect(told).toEqual(['W_SHUTDOWN guests take 50.0 s to halt (web, db), and budget is 30.0 s']);
  const metrics = await control.metrics();
  expect(metrics).toMatch(/^hostler_shutdown_seconds 50$/m);
  expect(metrics).toMatch(/^hostler_shutdown_limit_seconds 30$/m);
});

test('who does not ask is told once, by one alert, and that it fits again', async () => {
  const { control, machine, next } = await staged(30_000);
  await machine.clock.pass(61_000);
  expect([news(control), open(control)]).toEqual([[], []]);
  await machine.clock.pass(3_600_000);
  expect(news(control)).toEqual([
    'refusal W_SHUTDOWN shutdown: a shutdown of the host would not wait for all guests: guests take 50.0 s to halt (web, db), and budget is 30.0 s',
    'alert db: shutdown of the host: would not wait until it has ended',
  ]);
  expect(open(control)).toEqual(['db shutdown']);
  expect(machine.clock.next() ?? Infinity).toBeGreaterThan(machine.clock.now() + 60_000);
  const { control: later } = await next();
  await machine.clock.pass(3_600_000);
  expect(news(later)).toEqual([expect.stringMatching(/^refusal W_SHUTDOWN/)]);
  expect(open(later)).toEqual(['db shutdown']);
  later.stop('web', { kill: false }, caller);
  await machine.clock.pass(3000);
  machine.start('web');
  await machine.clock.pass(600_000);
  expect(news(later).slice(1)).toEqual([
    'agent a shutdown of the host would wait for all guests again',
    expect.stringMatching(/^alert db: shutdown of the host: for \d+ \w+, over now$/),
  ]);
  expect(open(later)).toEqual([]);
  expect(machine.clock.next() ?? Infinity).toBeGreaterThan(machine.clock.now() + 60_000);
});

test('a guest that does not run for some time makes it neither fit nor not', async () => {
  const { control, machine } = await staged(30_000);
  await machine.clock.pass(150_000);
  const before = news(control);
  machine.stop('web');
  await machine.clock.pass(90_000);
  machine.start('web');
  await machine.clock.pass(600_000);
  expect(before).toHaveLength(2);
  expect(news(control)).toEqual(before);
});

test('what is over before anybody looks again is over for the next agent, too', async () => {
  const { control, machine, next } = await staged(30_000);
  await machine.clock.pass(150_000);
  expect(open(control)).toEqual(['db shutdown']);
  control.stop('web', { kill: false }, caller);
  await machine.clock.pass(3000);
  machine.start('web');
  const { control: later } = await next();
  await machine.clock.pass(600_000);
  expect([news(later), open(later)]).toEqual([[expect.stringMatching(/^alert db: .* over now$/)], []]);
});

test('what the host itself waits counts, and a budget that is asked for', async () => {
  const { control } = await staged();
  expect(await control.planShutdown(undefined)).toMatchObject({ fits: true, smallest: JOB });
  expect(await control.planShutdown(49_000)).toMatchObject({ fits: false });
  expect(await control.planShutdown(50_000)).toMatchObject({ fits: true });
  expect(control.status().warnings).toEqual([]);
});

test('a guest that was stopped takes what that took, and a later agent knows it', async () => {
  const made = await staged();
  made.control.stop('web', { kill: false }, caller);
  await made.machine.clock.pass(3000);
  made.machine.start('web');
  await made.machine.clock.pass(1000);
  const view = await made.control.planShutdown(undefined);
  const web = view.stops.find(({ guest }) => guest === 'web');
  expect(web).toMatchObject({ learned: 1 });
  expect(web?.untilMs).toBeGreaterThanOrEqual(2000);
  expect(web?.untilMs).toBeLessThan(3000);
  expect(made.store.history('web')?.stops).toMatchObject([{ killed: false }]);
  expect(made.control.guest('web')?.life?.stops).toMatchObject({ count: 1, killed: 0 });
});

test('one that had to be killed takes its timeout, and one that was killed at once is not learned from', async () => {
  const made = await staged();
  made.control.stop('db', { kill: false }, caller);
  made.control.stop('web', { kill: true }, caller);
  await made.machine.clock.pass(25_000);
  for (const guest of ['web', 'db']) made.machine.start(guest);
  await made.machine.clock.pass(1000);
  const { stops } = await made.control.planShutdown(undefined);
  expect(stops.map(({ guest, learned, killed, known }) => [guest, learned, killed, known])).toEqual([
    ['web', 0, undefined, undefined],
    ['db', 0, 1, 1],
  ]);
  expect(made.store.history('db')?.stops).toMatchObject([{ killed: true }]);
});
