import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { V2_ROOT } from '../kernel/hierarchies.ts';
import { noteCgroup } from '../kernel/noted.ts';
import { parentOf } from '../kernel/start-time.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { loopctl, plugLoop, unplugLoop } from './loop-number.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const [LOOP, LATER] = [474, 475] as const;
/** Where guests have their cgroups that share nothing with those of another run. */
const APART = `hostler-test-apart-${process.pid}`;

/** Wherever LXC runs guests. */
export function leaveThings(): void {
  describe('a guest that has ended', () => {
    let scene: Scene;
    const helpers: ChildProcess[] = [];
    const stop = (...words: readonly string[]) => hostler(['stop', ...words, '--socket', scene.agent.controlSocket]);
    const start = (guest: string) => hostler(['start', guest, '--socket', scene.agent.controlSocket]);
    const codes = async (guest: string) => (await scene.agent.guest(guest)).refusals.map(({ code }) => code);
    const told = async (guest: string) =>
      (await scene.agent.events()).flatMap((event) => (event.guest === guest ? event.says : []));

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent' });
      plugLoop(LOOP, 2);
      ip('link', 'add', 'hv-left10', 'type', 'veth', 'peer', 'name', 'hv-left');
    });
    afterEach(async () => {
      for (const helper of helpers.splice(0)) await endProcess(helper);
    });
    afterAll(async () => {
      ip('link', 'del', 'hv-left');
      await scene?.end();
      unplugLoop(LOOP, 2);
      for (const folder of [...cgroups(new RegExp(`/${APART}/.`)), ...cgroups(new RegExp(`/${APART}$`))])
        rmdirSync(folder);
    });

    /** One with an interface whose other end is on the host, and of which the agent knows that. */
    async function started(name: string): Promise<SceneGuest> {
      const guest = await scene.guest(name, { furnish: (folder) => withInterface(folder, `hv-${name}`) });
      await eventually(() => expect(belongings(name)).toContain(`:hv-${name}"`));
      return guest;
    }
    function belongings(guest: string): string {
      return readFileSync(join(scene.agent.runFolder, `belongings/${guest}.json`), 'utf8');
    }
    /** Somebody who is in nothing of the guest but its network. */
    async function helper(guest: SceneGuest, folders: readonly string[] = []): Promise<ChildProcess> {
      const child = inCgroup(folders, 'nsenter', '-t', `${await guest.initPid()}`, '-n', 'sleep', '600');
      helpers.push(child);
      await eventually(() => expect(readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n'));
      return child;
    }

    test('leaves nothing: no cgroup in any hierarchy, and no interface', async () => {
      await started('left0');
      const ended = await stop('left0', '--kill');
      expect([ended.code, ended.err]).toEqual([0, '']);
      expect(interfaces()).not.toContain('hv-left0');
      expect(cgroupsOf('left0')).toEqual([]);
      await eventually(() => expect(existsSync(join(scene.agent.runFolder, 'belongings/left0.json'))).toBe(false));
    });

    test('whose network somebody else keeps is told with him, who is not killed, and its interface is gone', async () => {
      const guest = await started('left1');
      const { pid, exitCode } = await helper(guest);
      const ended = await stop('left1', '--kill');
      expect(ended.code).toBe(0);
      expect(ended.out + ended.err).toMatch(
        new RegExp(`W_LEFTOVERS left1: .*its network namespace, kept by sleep \\(process ${pid}, `),
      );
      expect(interfaces()).toEqual(expect.arrayContaining(['hv-left', 'hv-left10']));
      expect(interfaces()).not.toContain('hv-left1');
      expect(exitCode).toBe(null);
      expect(await codes('left1')).toEqual(['W_LEFTOVERS']);
      await endProcess(helpers[0] ?? expect.fail());
      await eventually(async () => expect(await codes('left1')).toEqual([]));
    });

    test('whose network somebody in its own cgroup keeps is rid of him', async () => {
      const guest = await started('left2');
      const [, cgroup = ''] = /^0::(.*)$/m.exec(readFileSync(`/proc/${await guest.initPid()}/cgroup`, 'utf8')) ?? [];
      const { pid } = await helper(guest, [`${V2_ROOT}${cgroup}`]);
      const ended = await stop('left2');
      expect(ended.out + ended.err).toMatch(new RegExp(`W_LEFT left2: .*sleep \\(process ${pid}, `));
      await eventually(() => expect(helpers[0]?.signalCode).toBe('SIGKILL'));
      expect(interfaces()).not.toContain('hv-left2');
      expect(cgroupsOf('left2')).toEqual([]);
      expect(await codes('left2')).toEqual([]);
    });

    test('with its monitor while no agent runs is rid of all that LXC would have taken away', async () => {
      const guest = await started('left3');
      const pid = await guest.initPid();
      await helper(guest);
      await scene.agent.end('SIGKILL');
      spawnSync('kill', ['-KILL', `${parentOf(pid)}`, `${pid}`]); // the one may end with the other
      await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
      await scene.agent.start();
      await eventually(() => expect(interfaces()).not.toContain('hv-left3'));
      await eventually(async () => expect(await codes('left3')).toEqual(['W_LEFTOVERS']));
      await eventually(() => expect(cgroupsOf('left3')).toEqual([]));
      expect(await told('left3')).toContain('left3: had left interface hv-left3, which is taken away');
    });

    test('has its loop devices detached, also one that it has attached when no agent ran, and a moment ago', async () => {
      const guest = await started('left4');
      await scene.agent.end('SIGKILL');
      const image = `/proc/${await guest.initPid()}/root/hostler-disk.img`;
      writeFileSync(image, '');
      truncateSync(image, 1 << 20);
      expect(spawnSync(loopctl, ['attach', `${LOOP}`, image]).status).toBe(0);
      await scene.agent.start();
      await eventually(() => expect(belongings('left4')).toContain(`/dev/loop${LOOP} (/hostler-disk.img)`));
      expect(spawnSync(loopctl, ['attach', `${LATER}`, image]).status).toBe(0);
      await eventually(() => expect(belongings('left4')).toContain(`/dev/loop${LATER} (/hostler-disk.img)`));
      process.kill(await guest.initPid(), 'SIGKILL');
      for (const one of [LOOP, LATER])
        await eventually(() => expect(existsSync(`/sys/block/loop${one}/loop`)).toBe(false));
      await eventually(async () => expect(await codes('left4')).toEqual([]));
    });

    test('leaves what all of LXC’s monitors share to the guests that run, and when it was the last one nothing at all', async () => {
      noteCgroup(APART);
      // LXC's monitor is in there until this has ended.
      const apart = [`lxc.cgroup.dir = ${APART}`, 'lxc.hook.post-stop = /bin/sleep 0.5'];
      for (const name of ['left5', 'left6']) {
        scene.make(name, { furnish: (folder) => withLines(folder, apart) });
        await eventually(async () => expect((await start(name)).code).toBe(0)); // it has to be known
        await eventually(() => expect(belongings(name)).toContain(`/${APART}/lxc.monitor.${name}"`));
      }
      expect((await stop('left5', '--kill')).code).toBe(0);
      await eventually(() => expect(existsSync(join(scene.agent.runFolder, 'belongings/left5.json'))).toBe(false));
      const [shared = '', ...others] = cgroups(new RegExp(`/${APART}/lxc\\.pivot$`));
      expect(existsSync(shared.replace('lxc.pivot', 'lxc.monitor.left6'))).toBe(true);
      expect((await stop('left6', '--kill')).code).toBe(0);
      await eventually(() => expect([shared, ...others].filter((path) => existsSync(path))).toEqual([]));
      expect(cgroups(new RegExp(`/${APART}/.`))).toEqual([]);
      expect([await codes('left6'), (await told('left6')).filter((says) => says.includes('pivot'))]).toEqual([[], []]);
    });
  });
}

function ip(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
  return stdout;
}

function interfaces(): readonly string[] {
  return [...ip('-o', 'link').matchAll(/^\d+: ([^:@]+)/gm)].flatMap(([, name = '']) => name);
}

function withInterface(folder: string, name: string): void {
  withLines(folder, ['lxc.net.0.type = veth', `lxc.net.0.veth.pair = ${name}`, 'lxc.net.0.flags = up']);
}

function withLines(folder: string, lines: readonly string[]): void {
  const file = join(folder, 'config');
  writeFileSync(file, [readFileSync(file, 'utf8').replace('lxc.net.0.type = empty\n', ''), ...lines, ''].join('\n'));
}

function cgroupsOf(guest: string): readonly string[] {
  return cgroups(new RegExp(`/lxc\\.[a-z]+\\.${guest}(-\\d+)?$`));
}

/** In whichever hierarchy, at its root and one below. */
function cgroups(named: RegExp): readonly string[] {
  const roots = ['/sys/fs/cgroup', ...foldersIn('/sys/fs/cgroup')];
  const folders = roots.flatMap(foldersIn);
  return [...new Set([...folders, ...folders.flatMap(foldersIn)])].filter((path) => named.test(path));
}

function foldersIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch {
    return []; // it went meanwhile
  }
}
