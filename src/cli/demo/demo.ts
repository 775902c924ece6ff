import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs, type RunningAgent, startAgent, whyNot } from '../../main.ts';
import type { ExitCode } from '../command.ts';
import { createLoopDevice } from './loop-device.ts';
import { createLxcGuest } from './lxc-guest.ts';
import { missingForDemo } from './missing.ts';
import { say, step } from './say.ts';
import { controlSocket, type Stage } from './stage.ts';
import { tellStory } from './story.ts';
import { showWithoutRoot } from './without-root.ts';

export interface DemoOptions {
  /** Ends by itself instead of waiting for Ctrl-C. */
  readonly once: boolean;
}

/** The main job on this machine: a device that comes back under another number follows its guest. */
export async function runDemo({ once }: DemoOptions): Promise<ExitCode> {
  const missing = missingForDemo();
  if (missing.length > 0) {
    for (const line of missing) say(line);
    await showWithoutRoot();
    return 77;
  }
  const undo: (() => unknown)[] = [];
  try {
    const stage = await setUp(undo);
    const shown = await tellStory(stage);
    if (!once) await untilInterrupted(stage);
    return shown ? 0 : 1;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    step('Removing everything that this demo made');
    for (const remove of undo.reverse()) await remove();
  }
}

async function setUp(undo: (() => unknown)[]): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-demo-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const folders = { config: join(folder, 'etc'), run: join(folder, 'run'), state: join(folder, 'lib') };
  const lxcPath = join(folder, 'lxc');
  const image = join(folder, 'scanner.img');
  writeConfiguration(folders.config, lxcPath, image);

  step('A guest of its own: LXC with busybox, without any device but the standard ones');
  const environment = { ...process.env, HOSTLER_HOOK_SOCKET: join(folders.run, 'hook.sock') };
  const guest = createLxcGuest({ name: 'demo', lxcPath, hook: programs.hook, environment });
  undo.push(() => guest.destroy());
  const device = createLoopDevice(image, 'hello from the scanner\n');
  undo.push(() => device.detach());

  step('The agent, with one rule for it and one for a scanner that is not here');
  const agent = await startedAgent(folders);
  undo.push(() => agent.close());
  await guest.start();
  return { folder, guest, device, agent };
}

async function startedAgent(folders: Parameters<typeof startAgent>[0]): Promise<RunningAgent> {
  const started = await startAgent({ ...folders, log: () => {} });
  if (!started.ok) throw new Error(whyNot(started).join('\n'));
  return started.agent;
}

function writeConfiguration(folder: string, lxcPath: string, image: string): void {
  mkdirSync(join(folder, 'rules'), { recursive: true });
  writeFileSync(join(folder, 'hostler.yaml'), `lxcPath: ${lxcPath}\n`);
  writeFileSync(
    join(folder, 'rules/demo.yaml'),
    `- rule: front-desk-scanner
  match:
    subsystem: block
    attr: { loop/backing_file: "${image}" }
  guest: demo
  node: { mode: "0660", owner: root, group: scanner }
  links: [/dev/scanners/front]
- rule: usb-scanner
  match:
    subsystem: usb
    devtype: usb_device
    attr: { idVendor: "04b8", idProduct: "011f" }
  guest: demo
`,
  );
}

async function untilInterrupted({ folder }: Stage): Promise<void> {
  const socket = `--socket ${controlSocket(folder)}`;
  step('The agent stays up; try it from another terminal, and end it here with Ctrl-C');
  for (const command of ['status', 'list', 'show demo', 'events --follow']) say(`  bin/hostler ${command} ${socket}`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
