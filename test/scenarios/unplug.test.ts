import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { holderOf, isAlive } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

/** Virtual consoles: a device that goes although somebody holds it open, as a serial adapter does. */
const CONSOLES = { keep: 41, warn: 42, term: 43, kill: 44 } as const;
type Unplug = keyof typeof CONSOLES;

const RULES = Object.entries(CONSOLES)
  .map(
    ([unplug, console]) => `
- rule: ${unplug}
  match: { subsystem: vc, sysname: vcs${console} }
  guest: robust-unplug
  unplug: ${unplug}
`,
  )
  .join('');

describe.skipIf(!onTestHost)('a device goes while a process in the guest holds it', () => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('robust-unplug');
  });
  afterAll(async () => {
    await scene?.end();
    for (const console of Object.values(CONSOLES)) unplug(console);
  });

  /** Answers the host's pid of a process in the guest that held the device when it went. */
  const heldAndUnplugged = async (rule: Unplug, script: string): Promise<number> => {
    const console = CONSOLES[rule];
    const inside = await guest.inside();
    plug(console);
    await eventually(() => expect(inside.names()).toEqual([`vcs${console}`]));
    await guest.attach('sh', '-c', `(${script}) < /dev/vcs${console} > /dev/null 2>&1 &`);
    const [, command] = /exec (\w+)/.exec(script) ?? [];
    const pid = await eventually(() => {
      const holder = holderOf(`/dev/vcs${console}`);
      if (command) expect(readFileSync(`/proc/${holder}/comm`, 'utf8')).toBe(`${command}\n`);
      return holder;
    });
    unplug(console);
    await eventually(() => expect(inside.names()).toEqual([]));
    return pid;
  };
  const told = async (text: string) => (await scene.agent.events()).filter(({ says }) => says.includes(text));

  test('keep: nothing happens to it, and nothing is said', async () => {
    const pid = await heldAndUnplugged('keep', 'exec sleep 1000');
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
    expect(isAlive(pid)).toBe(true);
    expect(await told(`(${pid})`)).toEqual([]);
  });

  test('warn: it is named once, by its command and its number, and goes on', async () => {
    const pid = await heldAndUnplugged('warn', 'exec sleep 1000');
    await eventually(async () => expect(await told(`(${pid})`)).toHaveLength(1));
    const [event] = await told(`(${pid})`);
    expect(event).toMatchObject({ kind: 'refusal', severity: 'warning', guest: 'robust-unplug' });
    expect(event?.says).toMatch(
      new RegExp(`^W_HOLDER robust-unplug:c:7:42: sleep \\(${pid}\\) still holds a device that is gone`),
    );
    expect(isAlive(pid)).toBe(true);
  });

  test('term: it is asked to end, and told by command and number', async () => {
    const pid = await heldAndUnplugged('term', 'exec sleep 1000');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    await eventually(async () =>
      expect((await told(`send SIGTERM to sleep (${pid})`)).map(({ kind }) => kind)).toEqual(['action']),
    );
  });

  test('term: the same name works when the device is back', async () => {
    await heldAndUnplugged('term', 'exec sleep 1000');
    plug(CONSOLES.term);
    await eventually(() => guest.attach('dd', 'if=/dev/vcs43', 'of=/dev/null', 'count=0'));
    unplug(CONSOLES.term);
  });

  test('term: one that does not end is named after five seconds, and goes on', async () => {
    const pid = await heldAndUnplugged('term', 'trap "" TERM; exec sleep 1000');
    await eventually(async () => expect(await told(`sleep (${pid}) was asked to end 5 s ago`)).toHaveLength(1));
    expect(isAlive(pid)).toBe(true);
  });

  test('kill: one that would not end when asked ends', async () => {
    const pid = await heldAndUnplugged('kill', 'trap "" TERM; sleep 1000');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    await eventually(async () => expect((await told(`send SIGKILL to `)).length).toBeGreaterThan(0));
  });

  test('a process that does not hold it is left alone', async () => {
    await guest.attach('touch', '/tmp/robust-bystander');
    await guest.attach('sh', '-c', 'sleep 1000 < /tmp/robust-bystander > /dev/null 2>&1 &');
    const bystander = await eventually(() => holderOf('/tmp/robust-bystander'));
    await heldAndUnplugged('kill', 'exec sleep 1000');
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
    expect(isAlive(bystander)).toBe(true);
  });
});

/** Opening a console for the first time makes its devices. */
function plug(console: number): void {
  execFileSync('sh', ['-c', `: < /dev/tty${console}`]);
}

function unplug(console: number): void {
  if (existsSync(`/sys/class/vc/vcs${console}`)) execFileSync('busybox', ['deallocvt', String(console)]);
}
