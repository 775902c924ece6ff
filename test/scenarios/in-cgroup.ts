import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process of the host that runs in these cgroups; in no others than ours where there are none. */
export function inCgroup(folders: readonly string[], ...command: readonly string[]): ChildProcess {
  const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs && `).join('');
  return spawn('sh', ['-c', `${enter}exec "$@"`, 'sh', ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** What it said and how it ended. */
export async function outcome(
  child: ChildProcess,
): Promise<{ readonly end: number | string | null; readonly said: string }> {
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  return { end: signal ?? code, said };
}

/** Ends it, if it did not end. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
