import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createLxcGuest } from '../../../src/cli/demo/lxc-guest.ts';
import { fileStore } from '../../../src/linux/store.ts';
import { startTime } from '../../kernel/start-time.ts';
import { ask } from '../../scenarios/ask.ts';
import { eventually } from '../../scenarios/eventually.ts';

const CONTROL = '/run/hostler/control.sock';
const LXC = '/var/lib/lxc';
/** The guests' own, which both wait for. */
const GO = '/tmp/go';
const GUESTS = {
  slow1: `stop: { timeout: 30m, before: [{ command: [/bin/sh, -c, 'until test -e ${GO}; do sleep 1; done'], timeout: 14m }] }`,
  late1: `start: { ready: { file: ${GO} }, timeout: 30m }`,
};
const fileOf = (name: string) => `/etc/hostler/guests/${name}.yaml`;

/** One guest that is being stopped and one that is being started, as the package's agent has them. */
export interface InFlight {
  /** Both are where they were: the same starts, with the same time left. */
  goOn(): Promise<void>;
  /** Lets the stop and the start come to their ends. */
  finish(): Promise<void>;
  destroy(): Promise<void>;
}

export async function inFlight(): Promise<InFlight> {
  const guests = Object.keys(GUESTS).map((name) => createLxcGuest({ name, lxcPath: LXC }));
  const destroy = async () => {
    for (const guest of guests) {
      await guest.destroy();
      rmSync(fileOf(guest.name), { force: true });
    }
  };
  try {
    for (const [name, text] of Object.entries(GUESTS)) writeFileSync(fileOf(name), `guest: ${name}\n${text}\n`);
    execFileSync('systemctl', ['reload', 'hostler']);
    const [slow, late] = guests;
    await slow?.start();
    await eventually(async () => {
      expect(await ask(CONTROL, '/v1/guests/slow1')).toMatchObject({ state: 'running' });
      expect(await ask(CONTROL, '/v1/guests/late1')).toMatchObject({ state: 'stopped' });
    });
    expect(await ask(CONTROL, '/v1/stop?guest=slow1', 'POST')).toMatchObject({ state: 'stopping' });
    expect(await ask(CONTROL, '/v1/start?guests=late1', 'POST')).toMatchObject([{ guest: 'late1' }]);
    const inits = await eventually(async () => {
      const pids = [await slow?.initPid(), await late?.initPid()].map(Number);
      expect(Math.min(...pids)).toBeGreaterThan(0);
      return pids;
    });
    return { ...(await watched(inits)), destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

async function watched(inits: readonly number[]): Promise<Omit<InFlight, 'destroy'>> {
  const store = fileStore('/run/hostler', '/var/lib/hostler');
  const states = () => ({ stop: store.stop('slow1'), starts: store.starts()?.starts });
  const bornAt = () => inits.map(startTime);
  await eventually(() => expect(states().stop?.hooks).toBe(1));
  const killAt = states().stop?.killAt;
  const [stopping, starting] = bornAt();
  return {
    goOn: () =>
      eventually(() => {
        expect(states()).toMatchObject({
          stop: { phase: 'quiesce', hooks: 1, killAt },
          starts: [{ guest: 'late1', phase: 'starting' }],
        });
        expect(bornAt()).toEqual([stopping, starting]);
      }),
    async finish() {
      for (const name of Object.keys(GUESTS)) writeFileSync(join(LXC, name, 'rootfs', GO), '');
      await eventually(() => expect(states()).toMatchObject({ stop: undefined, starts: [] }));
      await eventually(async () => {
        expect(await ask(CONTROL, '/v1/guests/slow1')).toMatchObject({ state: 'stopped' });
        expect(await ask(CONTROL, '/v1/guests/late1')).toMatchObject({ state: 'running' });
      });
      expect(startTime(Number(inits[1]))).toBe(starting);
    },
  };
}
