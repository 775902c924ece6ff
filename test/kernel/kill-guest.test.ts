import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess, inCgroup } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { FREEZER_ROOT, LIFE_ROOTS, V2_ROOT } from './hierarchies.ts';
import { fixture } from './listening.ts';
import { TestGuest } from './test-guest.ts';

let executor: ExecutorClient;
let guest: TestGuest;
const helpers: ChildProcess[] = [];

async function begin(root: string, controllers: readonly string[] = []): Promise<void> {
  executor = new ExecutorClient();
  guest = await TestGuest.start({ hierarchy: root, controllers });
}

/** Somebody in these cgroups who is in none of the guest's namespaces: the end of its init is not his. */
async function help(folders: readonly string[], ...command: readonly string[]): Promise<ChildProcess> {
  const helper = inCgroup(folders, ...command);
  helpers.push(helper);
  await new Promise((resolve) => helper.stdout?.once('data', resolve));
  return helper;
}

const idOf = (folder: string): string => `${statSync(folder).dev}:${statSync(folder).ino}`;
const left = (folder: string): string => readFileSync(`${folder}/cgroup.procs`, 'utf8');
const kill = (named: string, id: string): Promise<string> => executor.tell(`kill-guest ${named} ${id}`);
const SLEEPS = ['sh', '-c', 'echo in && exec sleep 600'];

afterEach(async () => {
  for (const helper of helpers.splice(0)) await endProcess(helper);
  await guest.stop();
  await executor.stop();
});

describe.skipIf(!isRoot).each(LIFE_ROOTS)('a guest in $where that is killed', ({ root }) => {
  const folder = (): string => `${root}${guest.cgroup}`;
  beforeEach(() => begin(root));

  test('is gone with everybody in its cgroup and below it', async () => {
    const below = `${folder()}/a`;
    mkdirSync(below);
    await help([folder()], ...SLEEPS);
    await help([below], ...SLEEPS);
    expect(await kill(guest.named, idOf(folder()))).toBe('ok 0');
    expect(left(folder()) + left(below)).toBe('');
    rmdirSync(below);
  });

  test('is gone within a second where 500 processes are born again and again', async () => {
    let took = await breedAndKill();
    // All are gone in any case; within a second on a machine that does nothing else: a busy one has more than one try.
    for (let tries = 1; tries < 5 && took >= 1_000; tries += 1) {
      await guest.stop();
      guest = await TestGuest.start({ hierarchy: root });
      took = await breedAndKill();
    }
    expect(took).toBeLessThan(1_000);
  });

  /** How long that takes, in ms. */
  async function breedAndKill(): Promise<number> {
    await help([folder()], fixture('breed'), '500');
    const begun = performance.now();
    expect(await kill(guest.named, idOf(folder()))).toBe('ok 0');
    const took = performance.now() - begun;
    expect(left(folder())).toBe('');
    // Who has left the cgroup on its way out may not be quite there; whoever is not, breeds for longer.
    await eventually(() => expect(readdirSync('/proc').filter(isBreeding)).toEqual([]), 5_000);
    return took;
  }

  test('is killed also where its init has ended, by the ID of its cgroup', async () => {
    await help([folder()], ...SLEEPS);
    const { named } = guest;
    guest.end();
    await eventually(async () => expect(await executor.tell(`init-state ${named}`)).toMatch(/^fail 3 guest/));
    expect(await kill(named, idOf(V2_ROOT))).toBe('ok 0');
    expect(left(folder())).not.toBe('');
    expect(await kill(named, idOf(folder()))).toBe('ok 0');
    expect(left(folder())).toBe('');
  });

  test('needs no ID while its init runs, and is not named without one afterwards', async () => {
    const { named } = guest;
    await help([folder()], ...SLEEPS);
    expect(await kill(named, '-')).toBe('ok 0');
    expect(left(folder())).toBe('');
    await help([folder()], ...SLEEPS);
    expect(await kill(named, '-')).toMatch(/^fail 3 guest/);
    expect(left(folder())).not.toBe('');
  });

  test('is nobody else: not another cgroup, not one that its init is not in, and not that of the executor', async () => {
    const other = `${root}/hostler-test-other-${process.pid}`;
    mkdirSync(other);
    await help([other], ...SLEEPS);
    const [pid, start] = guest.named.split(' ');
    const path = other.slice(root.length);
    expect(await kill(guest.named, idOf(other))).toBe('ok 0');
    expect(await kill(`${pid} ${start} ${path}`, idOf(other))).toBe(`fail 1 cgroup ${path}`);
    expect(await kill(`${pid} ${start} /`, idOf(root))).toBe('fail 1 cgroup /');
    expect(await kill(`${pid} ${start} ${path}/..`, idOf(root))).toBe(`fail 1 cgroup ${path}/..`);
    writeFileSync(`${folder()}/cgroup.procs`, `${executor.pid}`);
    expect(await kill(guest.named, idOf(folder()))).toBe(`fail 1 cgroup ${guest.cgroup}`);
    writeFileSync(`${root}/cgroup.procs`, `${executor.pid}`);
    expect(await guest.does('stat /dev')).toMatch(/^ok/);
    for (const helper of helpers.splice(0)) await endProcess(helper);
    await eventually(() => rmdirSync(other));
  });
});

describe.skipIf(!isRoot)('a guest that stands still', () => {
  const v2 = (): string => `${V2_ROOT}${guest.cgroup}`;

  test('is killed where v2 holds it', async () => {
    await begin(V2_ROOT);
    await help([v2()], ...SLEEPS);
    writeFileSync(`${v2()}/cgroup.freeze`, '1');
    await eventually(() => expect(readFileSync(`${v2()}/cgroup.events`, 'utf8')).toContain('frozen 1'));
    expect(await kill(guest.named, idOf(v2()))).toBe('ok 0');
  });

  test.runIf(FREEZER_ROOT).each([V2_ROOT, FREEZER_ROOT ?? ''])(
    'is killed in %s where the freezer of v1 holds it, each cgroup by itself',
    async (root) => {
      await begin(root, root === V2_ROOT ? ['freezer'] : []);
      const folder = `${root}${guest.cgroup}`;
      const below = `${FREEZER_ROOT}${guest.cgroup}/own`;
      mkdirSync(below);
      await help(root === V2_ROOT ? [folder, below] : [below], ...SLEEPS);
      for (const one of [below, `${FREEZER_ROOT}${guest.cgroup}`]) writeFileSync(`${one}/freezer.state`, 'FROZEN');
      await eventually(() => expect(readFileSync(`${below}/freezer.state`, 'utf8')).toBe('FROZEN\n'));
      expect(await kill(guest.named, idOf(folder))).toBe('ok 0');
      await eventually(() => rmdirSync(below));
    },
  );

  test.runIf(FREEZER_ROOT)('leaves who is held in a cgroup that is not the guest’s, and that as it is', async () => {
    await begin(V2_ROOT);
    const other = `${FREEZER_ROOT}${guest.cgroup}-1`;
    const state = `${other}/freezer.state`;
    mkdirSync(other);
    await help([v2(), other], ...SLEEPS);
    writeFileSync(state, 'FROZEN');
    try {
      await eventually(() => expect(readFileSync(state, 'utf8')).toBe('FROZEN\n'));
      expect(await kill(guest.named, idOf(v2()))).toBe('ok 1');
      expect(readFileSync(state, 'utf8')).toBe('FROZEN\n');
    } finally {
      writeFileSync(state, 'THAWED');
    }
    await eventually(() => rmdirSync(other));
  });
});

// Who has ended and was not yet taken note of is there all the same.
function isBreeding(pid: string): boolean {
  try {
    return /^\d+$/.test(pid) && /\(breed\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // it has ended meanwhile
  }
}
