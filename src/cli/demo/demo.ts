import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs, type RunningAgent, startAgent, whyNot } from '../../main.ts';
import type { ExitCode } from '../command.ts';
import { aborted, heedInterruption } from './interruption.ts';
import { createLoopDevice } from './loop-device.ts';
import { createLxcGuest } from './lxc-guest.ts';
import { missingForDemo } from './missing.ts';
import { say, step } from './say.ts';
import { controlSocket, type Stage } from './stage.ts';
import { tellStory } from './story.ts';
import { createUndo, type Undo } from './undo.ts';
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
  const interrupted = heedInterruption();
  const undo = createUndo();
  const shown = await perform(undo, interrupted, once);
  step('Removing everything that this demo made');
  const isClean = await undo.all();
  return shown && isClean ? 0 : 1;
}

/** True when the whole story was shown and was true. It is over between two steps, so what is undone is not being made. */
async function perform(undo: Undo, interrupted: AbortSignal, once: boolean): Promise<boolean> {
  try {
    const stage = await setUp(undo, interrupted);
    const shown = await tellStory(stage);
    if (!once) await stayUp(stage);
    return shown;
  } catch (error) {
    const reason = interrupted.aborted ? interrupted.reason : error;
    say(`\n${reason instanceof Error ? reason.message : reason}`);
    return false;
  }
}

async function setUp(undo: Undo, interrupted: AbortSignal): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-demo-'));
  undo.note(folder, () => rmSync(folder, { recursive: true, force: true }));
  const folders = { config: join(folder, 'etc'), run: join(folder, 'run'), state: join(folder, 'lib') };
  const lxcPath = join(folder, 'lxc');
  const image = join(folder, 'scanner.img');
  writeConfiguration(folders.config, lxcPath, image);

  step('A guest of its own: LXC with busybox, without any device but the standard ones');
  const environment = { ...process.env, HOSTLER_HOOK_SOCKET: join(folders.run, 'hook.sock') };
  const guest = createLxcGuest({ name: 'demo', lxcPath, hook: programs.hook, environment });
  undo.note('guest demo', () => guest.destroy());
  const device = createLoopDevice(image, 'hello from the scanner\n');
  const other = createLoopDevice(`${image}.other`);
  for (const one of [device, other]) undo.note('a loop device', () => one.detach());

  interrupted.throwIfAborted();
  step('The agent, with one rule for it and one for a scanner that is not here');
  const agent = await startedAgent(folders);
  undo.note('the agent', () => agent.close());
  interrupted.throwIfAborted();
  await guest.start();
  return { folder, guest, device, other, agent, interrupted };
}

async function startedAgent(folders: Parameters<typeof startAgent>[0]): Promise<RunningAgent> {
  const started = await startAgent({ ...folders, log: () => {} });
  if (!started.ok) throw new Error(whyNot(started).join('\n'));
  return started.agent;
}

function writeConfiguration(folder: string, lxcPath: string, image: string): void {
  mkdirSync(join(folder, 'rules'), { recursive: true });
  writeFileSync(join(folder, 'hostler.yaml'), `lxcPath: ${lxcPath}\nmetrics: off\n`);
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

async function stayUp({ folder, interrupted }: Stage): Promise<void> {
  const socket = `--socket ${controlSocket(folder)}`;
  step('The agent stays up; try it from another terminal, and end it here with Ctrl-C');
  for (const command of ['status', 'list', 'show demo', 'events --follow']) say(`  bin/hostler ${command} ${socket}`);
  await aborted(interrupted);
}
