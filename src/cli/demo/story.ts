import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { AgentControl, EventView } from '../../ports/agent.ts';
import { say, show, step } from './say.ts';
import { controlSocket, type Stage } from './stage.ts';

const run = promisify(execFile);
const PATIENCE_MS = 10_000;

/** Plug, unplug, plug in again under another number; true when the guest had what it should at every step. */
export async function tellStory({ folder, guest, device, agent }: Stage): Promise<boolean> {
  const { control } = agent;
  step('The device is plugged in');
  const first = await plug(control, () => device.attach());
  await showInside(guest, first.node);
  const opened = await guest.attach('dd', `if=${first.node}`, 'bs=22', 'count=1');
  show(`guest# dd if=${first.node} bs=22 count=1`, opened);

  step('It is unplugged');
  const gone = await changed(control, 'remove-node', () => device.detach());
  say(`   ${gone.says}`);
  const left = await guest.attach('find', '/dev', '-name', 'loop*', '-o', '-name', 'scanners');
  show('guest# find /dev -name "loop*" -o -name scanners', left || '(nothing)');

  step('It comes back, and another device has taken its number');
  const squatter = await device.occupy();
  const second = await plug(control, () => device.attach());
  await showInside(guest, second.node);
  const nodes = (await guest.attach('find', '/dev', '-name', 'loop*')).trim().split('\n');

  step('Why?');
  await showWhy(folder, second.node);
  await squatter.detach();
  return (
    opened.startsWith('hello') &&
    left === '' &&
    nodes.length === 1 &&
    nodes[0] === second.node &&
    first.node !== second.node
  );
}

async function plug(control: AgentControl, attach: () => Promise<string>) {
  let node = '';
  const { says, tookMs } = await changed(control, 'make-node', async () => {
    node = await attach();
  });
  say(`   ${node} on the host; ${tookMs.toFixed(1)} ms after losetup had returned:`);
  say(`   ${says}`);
  return { node };
}

// Waits for the agent's own word that it did this; the world is looked at afterwards.
async function changed(control: AgentControl, verb: string, act: () => Promise<unknown>) {
  const heard = Promise.withResolvers<EventView>();
  const stop = control.follow((event) => event.action?.includes(verb) && heard.resolve(event));
  const patience = setTimeout(() => heard.reject(new Error(`no ${verb} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  try {
    await act();
    const started = performance.now();
    const { says } = await heard.promise;
    return { says, tookMs: Math.max(0, performance.now() - started) };
  } finally {
    clearTimeout(patience);
    stop();
  }
}

async function showInside(guest: Stage['guest'], node: string): Promise<void> {
  if (!existsSync(node)) throw new Error(`${node} is not on the host`);
  const list = await guest.attach('ls', '-l', node, '/dev/scanners/front');
  show(`guest# ls -l ${node} /dev/scanners/front`, list);
}

// The command as people type it, in a process of its own.
async function showWhy(folder: string, node: string): Promise<void> {
  const [, program = ''] = process.argv;
  const words = [program, 'why', node, '--socket', controlSocket(folder)];
  const { stdout } = await run(process.execPath, words);
  show(`hostler why ${node}`, stdout);
}
