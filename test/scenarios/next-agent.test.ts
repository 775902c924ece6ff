import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileStore } from '../../src/linux/store.ts';
import type { StopState } from '../../src/model/stop.ts';
import { ended, start } from '../cli/hostler.ts';
import { startTime } from '../kernel/start-time.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { initIs } from './own-init.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const LOOP = 473;
const NAMES = Array.from({ length: 10 }, (_, at) => `next${at}`);
/** Of these, those with something in flight: one that does not tell that it has heard, one that does, one that is not ready. */
const [DEAF, SLOW, LATE, ONE, OTHER] = ['next0', 'next1', 'next2', 'next3', 'next4'] as const;
/** The stop that is kept for it is of an earlier start, whose init had the same number. */
const NAMESAKE = 'next5';
/** Writes down whatever it is sent, and halts when somebody says so in a file. */
const HALTS_LATER = `
trap 'echo TERM >> /heard; kill $service' TERM
trap 'echo INT >> /heard' INT
service=
[ ! -e /serves ] || { sleep 600 & service=$!; }
until [ -e /go ]; do sleep 1 & wait $!; done`;
/** The same of one that does not show that it has heard, and is asked again and again as an init is that may have forgotten it. */
const SHOWS_NOTHING = `
trap 'echo USR2 >> /heard' USR2
mkfifo /wake
until [ -e /go ]; do read line < /wake; done`;
const SCRIPTS: Readonly<Record<string, string>> = {
  [DEAF]: SHOWS_NOTHING,
  [SLOW]: HALTS_LATER,
  [NAMESAKE]: HALTS_LATER,
};
/** How an agent ends, and how long after a device began to move. */
const ENDS = [
  { signal: 'SIGKILL', ms: 0 },
  { signal: 'SIGTERM', ms: 5 },
  { signal: 'SIGKILL', ms: 15 },
  { signal: 'SIGKILL', ms: 40 },
] as const;

const rules = (guest: string) => `
- rule: disk
  match: { subsystem: block, sysname: loop${LOOP} }
  guest: ${guest}
`;

describe.skipIf(!onTestHost)('an agent that follows another one', () => {
  let scene: Scene;
  let guests: ReadonlyMap<string, SceneGuest>;
  const words = (...given: readonly string[]) => [...given, '--socket', scene.agent.controlSocket];
  const fileOf = (name: string, path: string) => join(guests.get(name)?.folder ?? '', 'rootfs', path);
  const store = () => fileStore(scene.agent.runFolder, scene.agent.folder);
  const heard = (name: string) =>
    existsSync(fileOf(name, 'heard')) ? readFileSync(fileOf(name, 'heard'), 'utf8').trim().split('\n') : [];
  /** As it is kept for the next agent. */
  const stopOf = (name: string): StopState => {
    const state = store().stop(name);
    if (state === undefined) throw new Error(`${name} is not being stopped`);
    return state;
  };
  const has = async (name: string) => {
    const inside = await guests.get(name)?.inside();
    return inside?.names().includes(`loop${LOOP}`) || (inside?.blockGrants().length ?? 0) > 0;
  };
  const isWith = (owner: string, other: string) =>
    eventually(async () => expect([await has(owner), await has(other)]).toEqual([true, false]));
  const instances = async () =>
    Promise.all(NAMES.map(async (name) => ({ name, ...(await scene.agent.guest(name)).instance })));
  const doing = (name: string) => async () => (await scene.agent.guest(name)).life?.doing;

  beforeAll(async () => {
    scene = await createScene({ rules: rules(ONE), agent: 'later' });
    const made = NAMES.map((name) => {
      const script = SCRIPTS[name];
      return scene.make(name, script ? { furnish: (folder) => initIs(folder, script) } : {});
    });
    guests = new Map(made.map((guest) => [guest.name, guest]));
    writeFileSync(fileOf(SLOW, 'serves'), '');
    scene.agent.guestFile(DEAF, 'stop: { halt: finit }');
    scene.agent.guestFile(LATE, 'start: { ready: { command: [/bin/test, -e, /tmp/ready] }, timeout: 10m }');
    await Promise.all(made.filter(({ name }) => name !== LATE).map((guest) => guest.start()));
    await scene.agent.start();
    plugLoop(LOOP);
    await isWith(ONE, OTHER);
  });
  afterAll(async () => {
    await scene?.end();
    unplugLoop(LOOP);
  });

  test('finds ten guests as they are, with a start, stops and a device in flight, which it goes on with', async () => {
    const starting = ended(start(words('start', LATE)));
    const stopping = ended(start(words('stop', DEAF, SLOW, '--timeout', '3600')));
    await eventually(async () => expect(await doing(LATE)()).toBe('starting'));
    await eventually(() => expect([stopOf(DEAF).phase, stopOf(SLOW).phase]).toEqual(['halt', 'drain']));
    const inits = await eventually(async () => {
      const all = await instances();
      expect(all.filter(({ pid }) => pid === undefined)).toEqual([]);
      return all;
    });
    const began = inits.map(({ pid }) => startTime(pid ?? 0));
    const namesake = (await scene.agent.guest(NAMESAKE)).instance;
    if (namesake === undefined) throw new Error(`${NAMESAKE} does not run`);
    const earlier = { ...namesake, startTime: `${Number(namesake.startTime) - 1}` };
    const until = [DEAF, SLOW].map((name) => stopOf(name).killAt);
    const sent = await eventually(() => {
      const all = heard(SLOW);
      expect(all).toContain('TERM');
      return all;
    });
    let [owner, next] = [ONE, OTHER] as [string, string];
    for (const { signal, ms } of ENDS) {
      [owner, next] = [next, owner];
      scene.agent.rules(rules(owner));
      await pause(ms);
      await scene.agent.end(signal);
      store().saveStop(NAMESAKE, { ...stopOf(DEAF), of: earlier });
      await scene.agent.start();
      await eventually(async () => expect(await instances()).toEqual(inits));
      await eventually(async () => expect(await doing(LATE)()).toBe('starting'));
      await isWith(owner, next);
      expect([DEAF, SLOW].map((name) => stopOf(name).killAt)).toEqual(until);
      expect([stopOf(DEAF).phase, stopOf(SLOW).phase]).toEqual(['halt', 'drain']);
      expect(heard(SLOW)).toEqual(sent);
      // It is noted before it is sent.
      expect(heard(DEAF).length).toBeLessThanOrEqual(stopOf(DEAF).halts.count);
    }
    expect(inits.map(({ pid }) => startTime(pid ?? 0))).toEqual(began);
    expect(heard(SLOW).concat(heard(DEAF))).not.toContain('INT');
    expect(heard(NAMESAKE)).toEqual([]);

    writeFileSync(fileOf(DEAF, 'go'), '');
    writeFileSync(fileOf(DEAF, 'wake'), '\n');
    writeFileSync(fileOf(SLOW, 'go'), '');
    await guests.get(LATE)?.attach('touch', '/tmp/ready');
    const [started, stopped] = await Promise.all([starting, stopping]);
    expect(started).toMatchObject({ code: 0, out: expect.stringMatching(/^next2: ready/m) });
    expect(stopped.code).toBe(0);
    for (const name of [DEAF, SLOW]) expect(stopped.out).toMatch(new RegExp(`^${name}: stopped in [\\d.]+ s$`, 'm'));
  });
});
