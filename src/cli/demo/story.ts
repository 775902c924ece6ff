import { existsSync } from 'node:fs';
import { changed } from './changed.ts';
import { runShielded } from './run-shielded.ts';
import { say, show, step } from './say.ts';
import { controlSocket, type Stage } from './stage.ts';

/** Plug, unplug, plug in again under another number; true when the guest had what it should at every step. */
export async function tellStory(stage: Stage): Promise<boolean> {
  const { guest, other, folder } = stage;
  begin(stage, 'The device is plugged in');
  const first = await plugIn(stage);
  const opened = await guest.attach('dd', `if=${first}`, 'bs=22', 'count=1');
  show(`guest# dd if=${first} bs=22 count=1`, opened);

  begin(stage, 'It is unplugged');
  const left = await unplug(stage);

  begin(stage, 'It comes back, and another device has taken its number');
  await other.attach();
  const second = await plugIn(stage);
  const nodes = await guest.attach('find', '/dev', '-name', 'loop*');

  begin(stage, 'Why?');
  await showWhy(folder, second);
  return opened.startsWith('hello') && left === '' && nodes.trim() === second && first !== second;
}

/** Whoever wishes to end waits for the step that is on its way, and for no other. */
function begin({ interrupted }: Stage, title: string): void {
  interrupted.throwIfAborted();
  step(title);
}

async function plugIn(stage: Stage): Promise<string> {
  const { made, says, calledMs, knownMs } = await changed(stage, 'make-node', stage.device.attach);
  say(`   losetup made ${made} in ${calledMs.toFixed(1)} ms;`);
  say(`   ${knownMs.toFixed(1)} ms after it had been called, the guest had it:`);
  say(`   ${says}`);
  await showInside(stage, made);
  return made;
}

async function unplug(stage: Stage): Promise<string> {
  const { says } = await changed(stage, 'remove-node', stage.device.detach);
  say(`   ${says}`);
  const left = await stage.guest.attach('find', '/dev', '-name', 'loop*', '-o', '-name', 'scanners');
  show('guest# find /dev -name "loop*" -o -name scanners', left || '(nothing)');
  return left;
}

async function showInside({ guest }: Stage, node: string): Promise<void> {
  if (!existsSync(node)) throw new Error(`${node} is not on the host`);
  const list = await guest.attach('ls', '-l', node, '/dev/scanners/front');
  show(`guest# ls -l ${node} /dev/scanners/front`, list);
}

// The command as people type it, in a process of its own.
async function showWhy(folder: string, node: string): Promise<void> {
  const [, program = ''] = process.argv;
  const words = [program, 'why', node, '--socket', controlSocket(folder)];
  show(`hostler why ${node}`, await runShielded(process.execPath, words));
}
