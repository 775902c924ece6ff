import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { attachImage, detachImage } from '../kernel/loop-image.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const DEVICES = 1000;
const CYCLES = 300;
const STORMY = 396;
const MEANT = 397;
const SECTORS = 2048;
const rulesOf = (folder: string) => `
- rule: disk
  match: { subsystem: block, sysname: loop395 }
  guest: robust-storm
- rule: image
  match: { subsystem: block, devtype: disk, attr: { loop/backing_file: ${join(folder, 'meant')}, size: "${SECTORS}" } }
  guest: robust-storm
`;
/** Of network devices, which no rule names: so many of them are there at a time. */
const AT_ONCE = 50;
const GROUP = 396;

describe.skipIf(!onTestHost)('Storm', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let folder: string;
  let storm: Storm | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hostler-images-'));
    scene = await createScene({ rules: rulesOf(folder) });
    guest = await scene.guest('robust-storm');
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
  });
  afterEach(() => storm?.end());
  afterAll(async () => {
    await scene?.end();
    rmSync(folder, { recursive: true });
  });

  test(`${DEVICES} devices that no rule matches come and go: nobody wakes the agent, and the one that is meant is given in the middle`, async () => {
    const inside = await guest.inside();
    const before = await heard(scene);
    const woken = wakeUps(scene.agent.pid());
    comeAndGo(DEVICES / 2);
    plugLoop(395);
    comeAndGo(DEVICES / 2);
    await eventually(() => expect(inside.names()).toEqual(['loop395']), 60_000);
    // By itself it wakes up once a second; were it told of them, more than once for each.
    expect(wakeUps(scene.agent.pid()) - woken).toBeLessThan(DEVICES / 4);
    unplugLoop(395);
    await eventually(() => expect(inside.names()).toEqual([]), 60_000);
    expect((await heard(scene)) - before).toBeLessThan(DEVICES / 10);
  });

  test(`${CYCLES} disks that a rule looks at and does not match come and go: the one that is meant is given meanwhile, and no other`, async () => {
    const inside = await guest.inside();
    for (const name of ['meant', 'other']) makeImage(join(folder, name));
    plugLoop(STORMY, 2);
    const before = (await scene.agent.status()).counters;
    const told = (await scene.agent.events()).length;
    storm = new Storm(folder);
    await storm.isHalfOver;
    attachImage(MEANT, join(folder, 'meant'));
    await eventually(() => expect(inside.node(`/dev/loop${MEANT}`)).toMatch(`b:7:${MEANT} `), 60_000);
    await storm.calm();
    await detachImage(MEANT);
    await eventually(() => expect([inside.names(), inside.blockGrants()]).toEqual([[], []]), 60_000);
    unplugLoop(STORMY, 2);
    const { counters } = await scene.agent.status();
    const grown = (name: string) => (counters[name] ?? 0) - (before[name] ?? 0);
    expect(grown('uevents_udev_total')).toBeGreaterThanOrEqual(CYCLES);
    // What the machine makes the agent suspect to be lost has every guest looked at.
    expect(grown('passes_total') - grown('enumerations_total')).toBeLessThan(CYCLES / 10);
    expect([grown('uevents_lost_unread_total'), grown('uevents_lost_overflow_total')]).toEqual([0, 0]);
    const says = (await scene.agent.events()).slice(told).map((event) => event.says);
    expect(says.filter((one) => one.includes(`/dev/loop${STORMY}`))).toEqual([]);
  }, 180_000);
});

function makeImage(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, SECTORS * 512);
}

/** By turns the right file cut short and another one of the right length; a udevd may still be looking at what was there before. */
const STORM = `
cycles=0
trap 'losetup --detach /dev/loop${STORMY} 2>/dev/null; exit' TERM
attach() { until losetup "$@" 2>/dev/null; do :; done; losetup --detach /dev/loop${STORMY}; cycles=$((cycles + 1)); }
until [ -e calm ] && [ $cycles -ge ${CYCLES} ]; do
	attach --sizelimit 524288 /dev/loop${STORMY} meant
	attach /dev/loop${STORMY} other
	[ $cycles -ne ${CYCLES / 2} ] || echo half
done
`;

/** Goes on until it is calmed or ended. */
class Storm {
  readonly isHalfOver: Promise<unknown>;
  private readonly child: ChildProcess;
  private readonly over: Promise<unknown>;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    const child = spawn('sh', ['-c', STORM], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    this.over = once(child, 'exit');
    this.isHalfOver = once(createInterface(child.stdout), 'line');
  }

  async calm(): Promise<void> {
    writeFileSync(join(this.folder, 'calm'), '');
    await this.over;
    await eventually(() => expect(readFileSync(`/sys/block/loop${STORMY}/size`, 'utf8').trim()).toBe('0'));
  }

  /** Whatever has become of the test. */
  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.over;
  }
}

function comeAndGo(count: number): void {
  const added = Array.from({ length: AT_ONCE }, (_, at) => `link add storm${at} group ${GROUP} type bridge\n`).join('');
  for (let gone = 0; gone < count; gone += AT_ONCE) {
    execFileSync('ip', ['-batch', '-'], { input: added });
    execFileSync('ip', ['link', 'delete', 'group', `${GROUP}`]);
  }
}

/** Uevents that reached the agent. */
async function heard({ agent }: Scene): Promise<number> {
  const { uevents_kernel_total: kernel = 0, uevents_udev_total: udev = 0 } = (await agent.status()).counters;
  return kernel + udev;
}

/** How often its main thread waited for something and went on, proc_pid_status(5). */
function wakeUps(pid: number): number {
  const [, count] = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(count);
}
