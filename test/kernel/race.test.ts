import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAttacker } from './attacker.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { fixture } from './listening.ts';
import { type GuestWish, TestGuest } from './test-guest.ts';

const MARK = 'hostler-race-';
const AT_ONCE = 100;
const NAIVE_TRIES = 500_000;

interface Race {
  readonly kind: string;
  readonly wish: GuestWish;
  /** What the guest swaps; nodes are made in it. */
  readonly path: string;
  readonly nodes: number;
}

const races: readonly Race[] = [
  { kind: 'a privileged guest', wish: {}, path: '/dev/below', nodes: 50_000 },
  { kind: 'a privileged guest', wish: {}, path: '/dev', nodes: 30_000 },
  { kind: 'a guest with a user namespace', wish: { users: [100_000, 65_536] }, path: '/dev/below', nodes: 10_000 },
  { kind: 'a guest with a user namespace', wish: { users: [100_000, 65_536] }, path: '/dev', nodes: 10_000 },
];

describe.skipIf(!isRoot).each(races)('while $kind swaps its $path in a loop', ({ kind, wish, path, nodes }) => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let canary: string;

  beforeEach(async () => {
    canary = mkdtempSync(join(tmpdir(), 'hostler-canary-'));
    executor = new ExecutorClient();
    guest = await TestGuest.start(wish);
    if (path === '/dev')
      expect(await guest.does('umount /dev')).toBe('ok'); // a mount point cannot be swapped
    else expect(await guest.does(`mkdir ${path}`)).toBe('ok');
    await guest.does('mkdir /tmp/own');
    expect(await executor.tell(guest.opening)).toMatch(/^ok /);
  });
  afterEach(async () => {
    await executor.stop();
    await guest.stop();
    rmSync(canary, { recursive: true });
    for (const name of strayInHostDev()) unlinkSync(join('/dev', name));
  });

  test(`${nodes} nodes are asked for and taken back, and none is ever made outside`, async () => {
    const attacker = await startAttacker(guest.pid, path, await plantEvils(guest, path, canary));
    const raced = await makeAndRemove(executor, guest.name, path, nodes);
    const swaps = await attacker.stop();
    const escaped = [...readdirSync(canary), ...strayInHostDev(), ...readdirSync(`/proc/${guest.pid}/root/tmp/own`)];
    say(`${kind}, ${path}: ${told(raced)}, escaped ${escaped.length}, swapped ${swaps} times`);
    expect(escaped).toEqual([]);
    expect(raced.get('make-node ok')).toBeGreaterThan(0);
    expect(raced.get('make-node fail 40 openat2')).toBeGreaterThan(0);

    const inside = `/proc/${guest.pid}/root${path}`;
    const left = readdirSync(inside).map((name) => `remove-node ${guest.name} ${path.slice(1)}/${name} c:1:3`);
    while (left.length > 0) await executor.performEach(left.splice(0, AT_ONCE));
    expect(readdirSync(inside)).toEqual([]);
  }, 600_000);

  test('the naive way gets out', async () => {
    await guest.does(`symlink ${canary} ${path}-evil`);
    const attacker = await startAttacker(guest.pid, path, [`${path}-evil`]);
    const words = [`/proc/${guest.pid}/root${path}`, canary, String(NAIVE_TRIES)];
    const { stdout } = await promisify(execFile)(fixture('naive'), words);
    await attacker.stop();
    say(`${kind}, ${path}: naive ${stdout.trim()}`);
    expect(readdirSync(canary)).toHaveLength(1);
  });
});

/** Everything that a path of the guest may be swapped with, beside it; answers their names. */
async function plantEvils(guest: TestGuest, path: string, canary: string): Promise<readonly string[]> {
  const commands = {
    absolute: (name: string) => `symlink ${canary} ${name}`,
    relative: (name: string) => `symlink ../../../../../../../..${canary} ${name}`,
    magic: (name: string) => `symlink /proc/self/root${canary} ${name}`,
    other: (name: string) => `symlink /proc/1/root${canary} ${name}`,
    host: (name: string) => `symlink /dev ${name}`,
    own: (name: string) => `symlink ${path === '/dev' ? 'tmp/own' : '../tmp/own'} ${name}`,
    fifo: (name: string) => `fifo ${name}`,
    file: (name: string) => `write ${name} x`,
  };
  const planted = Object.entries(commands).map(async ([evil, command]) => {
    expect(await guest.does(command(`${path}-${evil}`))).toBe('ok');
    return `${path}-${evil}`;
  });
  return Promise.all(planted);
}

/** How often each verb was answered what. */
type Tally = Map<string, number>;

async function makeAndRemove(executor: ExecutorClient, guest: string, path: string, nodes: number): Promise<Tally> {
  const tally: Tally = new Map();
  for (let first = 0; first < nodes; first += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, (_, index) => {
      const node = `${guest} ${path.slice(1)}/${MARK}${first + index} c:1:3`;
      return [`make-node ${node} 0666 0 0`, `remove-node ${node}`];
    }).flat();
    const answers = await executor.performEach(requests);
    for (const [index, answer] of answers.entries()) count(tally, requests[index], answer);
  }
  return tally;
}

function count(tally: Tally, request = '', answer = ''): void {
  const key = `${request.split(' ')[0]} ${answer.split(' ').slice(0, 3).join(' ')}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

function strayInHostDev(): readonly string[] {
  return readdirSync('/dev').filter((name) => name.startsWith(MARK) || name === '.hostler-new');
}

function told(tally: Tally): string {
  return [...tally]
    .map(([what, times]) => `${what} ${times}`)
    .sort()
    .join(', ');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
