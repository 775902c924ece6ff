import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../../cli/hostler.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { guestView } from '../../scenarios/guest-view.ts';
import { endProcess, inCgroup } from '../../scenarios/in-cgroup.ts';
import { initIs } from '../../scenarios/own-init.ts';
import { createScene, type Scene } from '../../scenarios/scene.ts';
import { asRoot, deviceAllow, type NspawnGuest, smallMachine, systemctl } from './nspawn-guest.ts';

const NAME = 'life1';
const RULES = `
- rule: log
  match: { subsystem: mem, sysname: kmsg }
  guest: ${NAME}
  node: { path: /dev/log-of-host, mode: "0640", group: root }
`;
const POLICY = `guests: ${NAME}\nprocesses: { limit: 77 }`;

let scene: Scene;
const command = (...words: readonly string[]) => hostler([...words, '--socket', scene.agent.controlSocket]);
/** What was done of a stop, in order. */
const steps = async (name: string) =>
  (await scene.agent.events()).flatMap(({ kind, guest, action }) =>
    kind === 'stop' && guest === name ? (action ?? '') : [],
  );

beforeAll(async () => {
  scene = await createScene({ rules: RULES, agent: 'later' });
  scene.agent.policy('few', POLICY);
  scene.agent.guestFile(NAME, 'restart: { crash: { delay: 100ms } }');
  await scene.agent.start();
});
afterAll(() => scene?.end());

describe('a machine of systemd-nspawn', () => {
  let guest: NspawnGuest;
  const life = async () => (await scene.agent.guest(NAME)).life;
  const property = async (name: string) => (await systemctl('show', '--property', name, '--value', guest.unit)).trim();
  let init = 0;
  /** Another start of it runs, and has what the first had. */
  const cameAgain = async () => {
    init = await eventually(async () => {
      const { instance, state, converged } = await scene.agent.guest(NAME);
      expect({ state, converged }, scene.agent.log()).toEqual({ state: 'running', converged: true });
      expect(instance?.pid).not.toBe(init);
      return instance?.pid ?? 0;
    });
    await eventually(() => expect(guestView(init).node('/dev/log-of-host')).toBe('c:1:11 0640 0:0'));
    await eventually(async () => expect(await property('TasksMax')).toBe('77'));
  };

  beforeAll(async () => {
    guest = smallMachine(NAME);
    await eventually(async () => expect(await scene.agent.guest(NAME)).toMatchObject({ state: 'stopped' }));
  });
  // Ended by systemd it is not started again.
  afterAll(() => guest?.destroy());

  test('is started by hostler in its own unit', async () => {
    const { code, out } = await command('start', NAME);
    expect([code, out]).toEqual([0, expect.stringMatching(/^life1: ready/m)]);
    await cameAgain();
  });

  test('that reboots from inside has device and limit again, and that is no crash', async () => {
    await asRoot(init, '/bin/busybox', 'reboot').catch(() => undefined); // it ends with the guest
    await cameAgain();
    expect(await life()).toMatchObject({ crashes: 0, end: { why: 'rebooted' } });
  });

  test('that ends by itself is started again, as its file says', async () => {
    process.kill(init, 'SIGKILL');
    await cameAgain();
    expect(await life()).toMatchObject({ crashes: 1, end: { why: 'by-itself' } });
  });

  test('halts in its own way when hostler stops it, and leaves nothing in its unit', async () => {
    const { code, out } = await command('stop', NAME);
    expect([code, out]).toEqual([0, expect.stringMatching(/^life1: asked to halt: signal 12 to its busybox init$/m)]);
    expect(await steps(NAME)).not.toContain('kill');
    expect(await life()).toMatchObject({ crashes: 1, end: { why: 'stopped' } });
    await eventually(async () => expect(await property('ActiveState')).toBe('inactive'));
    expect(await property('Result')).toBe('success');
    await eventually(async () => expect(await deviceAllow(guest.unit)).not.toContain('DeviceAllow=/dev/char/1:11 rw'));
  });

  test('that systemd ends stays so: somebody has asked for that', async () => {
    await guest.start();
    await cameAgain();
    await guest.stop();
    await eventually(async () =>
      expect(await scene.agent.guest(NAME)).toMatchObject({
        state: 'stopped',
        refusals: [],
        life: { crashes: 1, end: { why: 'stopped' } },
      }),
    );
  });
});

const HALTS_NEVER = 'trap "" INT TERM; while sleep 1; do :; done';

describe('a guest of LXC on cgroup v2 alone', () => {
  test('that never reacts is killed as a whole: also who came from outside, and stands still in a cgroup below', async () => {
    const guest = await scene.guest('life2', { furnish: (folder) => initIs(folder, HALTS_NEVER) });
    const cgroup = '/sys/fs/cgroup/lxc.payload.life2';
    const below = `${cgroup}/below`;
    await eventually(async () => expect(await scene.agent.guest('life2')).toMatchObject({ state: 'running' }));
    mkdirSync(below);
    const other = inCgroup([below], 'sh', '-c', 'trap "" TERM; exec sleep 600');
    const end = once(other, 'exit');
    try {
      await eventually(() => expect(readFileSync(`/proc/${other.pid}/comm`, 'utf8')).toBe('sleep\n'));
      writeFileSync(`${below}/cgroup.freeze`, '1');
      const init = await guest.initPid();
      const { code, out, err } = await command('stop', 'life2', '--timeout', '5');
      expect(code).toBe(1);
      expect(out + err).toMatch(/W_KILLED life2: /);
      expect((await steps('life2')).slice(-2)).toEqual(['kill', 'stopped']);
      expect(await end).toEqual([null, 'SIGKILL']);
      expect(existsSync(`/proc/${init}`)).toBe(false);
      await eventually(() => expect(existsSync(cgroup)).toBe(false));
    } finally {
      await endProcess(other);
    }
  });
});
