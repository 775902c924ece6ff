import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Children of a process, oldest first. Empty when it has ended. */
export function childrenOf(pid: number): readonly number[] {
  return listed(`/proc/${pid}/task`)
    .flatMap((task) => textOf(`/proc/${pid}/task/${task}/children`).split(' '))
    .filter(Boolean)
    .map(Number);
}

/** The executor of an agent; throws when there is none. */
export function executorOf(agentPid: number): number {
  const found = childrenOf(agentPid).find((pid) => programOf(pid).endsWith('/hostler-executor'));
  if (found === undefined) throw new Error(`agent ${agentPid} has no executor`);
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The program a process runs, as the kernel names it; empty when it has ended. */
function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}

/** The process of an executor that looks after the guest with this init: it holds a descriptor of it. */
export function workerOf(executor: number, guestInit: number): number {
  const found = childrenOf(executor).find((pid) => holdsProcess(pid, guestInit));
  if (found === undefined) throw new Error(`executor ${executor} has no worker for guest init ${guestInit}`);
  return found;
}

function holdsProcess(pid: number, held: number): boolean {
  const folder = `/proc/${pid}/fdinfo`;
  return listed(folder).some((fd) => textOf(`${folder}/${fd}`).includes(`\nPid:\t${held}\n`));
}

// Threads end and descriptors are closed while somebody looks.
function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The process that has this file of a guest as its standard input; throws while there is none. */
export function holderOf(path: string): number {
  const script = `for fd in /proc/[0-9]*/fd/0; do case "$(readlink $fd)" in *${path}) echo $fd;; esac; done`;
  const [first = ''] = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n');
  if (first === '') throw new Error(`nobody holds ${path}`);
  return Number(first.split('/')[2]);
}
