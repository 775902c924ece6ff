import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { vmImage } from './image.ts';
import { ownFolder } from './own-folder.ts';
import { type Cgroups, cgroupsOf, qemuWords } from './qemu.ts';

const ROOT = join(import.meta.dirname, '../..');
const PATIENCE_MS = 900_000;
/** What a command said last may come after its end. */
const LAST_WORDS_MS = 500;

/** A Debian host with systemd, udevd, USB and cgroup v2, under software emulation. */
export interface Machine {
  /** Sockets, the share and the console of this machine. */
  readonly folder: string;
  readonly pid: number;
  readonly cgroups: Cgroups;
  /** The words of an ssh command that runs what follows them in the machine. */
  ssh(...options: readonly string[]): readonly string[];
  /** Runs a shell command and answers what it printed; throws with what it said when it fails. */
  run(command: string): Promise<string>;
  readonly qmpSocket: string;
  /** For who finds it silent: whether it is there, since when, and what it said last. */
  state(): Promise<string>;
  end(): Promise<void>;
}

export interface MachineOptions {
  /** Two machines of one checkout need two names. */
  readonly name?: string;
  /** Writes survive the end of the machine: a disk of its own, in its folder. */
  readonly disk?: 'kept';
  /** What is plugged in from the start, as QMP's device_add takes it. */
  readonly devices?: readonly object[];
  /** Absent: v2. */
  readonly cgroups?: Cgroups;
}

/** Where a checkout's machine of that name lives. Everybody can guess it. */
function machinePath(name = 'host'): string {
  const checkout = createHash('sha256').update(ROOT).digest('hex').slice(0, 8);
  return join(tmpdir(), `hostler-vm-${checkout}-${name}`);
}

/** Forgets what a machine of that name has left, its disk as well. */
export function forgetMachine(name: string): void {
  if (existsSync(machinePath(name))) rmSync(ownFolder(machinePath(name)), { recursive: true });
}

/** The machine of that name if it runs. */
export function runningMachine(name?: string): Machine | undefined {
  if (!existsSync(machinePath(name))) return undefined;
  const folder = ownFolder(machinePath(name));
  const pid = pidOf(folder);
  if (pid === undefined) return undefined;
  return machine(folder, pid, Number(readFileSync(join(folder, 'port'), 'utf8')));
}

/** Boots a machine, about 20 s; its image is built first where there is none. One of that name that runs is ended. */
export async function bootMachine({ name, disk, devices, cgroups = 'v2' }: MachineOptions = {}): Promise<Machine> {
  const folder = ownFolder(machinePath(name));
  await runningMachine(name)?.end();
  const image = vmImage();
  ownFolder(join(folder, 'share'));
  copyFileSync(join(image, 'id'), join(folder, 'id')); // the way in outlives the image
  const root = disk === 'kept' ? keptDisk(folder, image) : { file: join(image, 'root.ext4'), format: 'raw' };
  const port = await freePort();
  writeFileSync(join(folder, 'port'), String(port));
  const words = qemuWords({ image, folder, port, root, keep: disk === 'kept', cgroups, devices });
  const { status, stderr, error } = spawnSync('qemu-system-x86_64', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const pid = pidOf(folder);
  if (status !== 0 || pid === undefined) throw new Error(`QEMU did not start: ${error?.message ?? stderr}`);
  const booted = machine(folder, pid, port);
  await answering(booted);
  await booted.run('systemctl is-system-running --wait || true'); // what it starts last is not to meet what a test starts first
  return booted;
}

function machine(folder: string, pid: number, port: number): Machine {
  const ssh: Machine['ssh'] = (...options: readonly string[]) => [
    ...sshWords(folder, port),
    ...options,
    'root@127.0.0.1',
  ];
  return {
    folder,
    pid,
    cgroups: cgroupsOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
    ssh,
    run: (command) => output([...ssh(), command]),
    qmpSocket: join(folder, 'qmp.sock'),
    state: () => stateOf(folder, pid, ssh),
    async end() {
      await output([...ssh('-O', 'exit')]).catch(() => undefined); // no connection may be shared
      if (pidOf(folder) === pid) process.kill(pid, 'SIGKILL'); // its disk is thrown away, or is to survive this
      while (pidOf(folder) === pid) await pause(20);
    },
  };
}

async function stateOf(folder: string, pid: number, ssh: Machine['ssh']): Promise<string> {
  if (pidOf(folder) !== pid) return `its QEMU has ended: ${consoleOf(folder)}${kernelOn(pid)}`;
  return output([...ssh('-S', 'none'), 'uptime -s; journalctl -q -n 10 -p err']).then(
    (text) => `the test host is up since ${text}`,
    () => `the test host does not answer: ${consoleOf(folder)}`,
  );
}

/** What the kernel here says of a process: that it was killed for memory, or crashed. */
function kernelOn(pid: number): string {
  const lines = (spawnSync('dmesg', { encoding: 'utf8' }).stdout ?? '').split('\n');
  return lines.filter((line) => new RegExp(`\\b${pid}\\b`).test(line)).join('\n');
}

function consoleOf(folder: string): string {
  return readFileSync(join(folder, 'console.log'), 'utf8').slice(-1000);
}

/** Ends the machine and forgets its disk. */
export async function removeMachine(machine: Machine): Promise<void> {
  await machine.end();
  rmSync(machine.folder, { recursive: true, force: true });
}

// A number that another process has by now is not ours.
function pidOf(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function keptDisk(folder: string, image: string) {
  const file = join(folder, 'root.qcow2');
  if (!existsSync(file)) {
    const words = ['create', '-q', '-f', 'qcow2', '-b', join(image, 'root.ext4'), '-F', 'raw', file];
    if (spawnSync('qemu-img', words, { stdio: ['ignore', 2, 2] }).status !== 0)
      throw new Error('no disk could be made');
  }
  return { file, format: 'qcow2' };
}

function sshWords(folder: string, port: number): readonly string[] {
  const options = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    LogLevel: 'ERROR',
    ConnectTimeout: '20',
    ControlMaster: 'auto',
    ControlPath: join(folder, 'ssh.sock'),
    ControlPersist: '600',
    IdentityFile: join(folder, 'id'),
  };
  return [
    'ssh',
    '-F',
    '/dev/null',
    '-p',
    String(port),
    ...Object.entries(options).flatMap(([k, v]) => ['-o', `${k}=${v}`]),
  ];
}

async function answering(machine: Machine): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const failure = await machine.run('true').then(
      () => undefined,
      (error) => error,
    );
    if (failure === undefined) return;
    if (pidOf(machine.folder) === undefined || performance.now() > until)
      throw new Error(`the test host does not answer: ${consoleOf(machine.folder)}`, { cause: failure });
    await pause(250);
  }
}

function output([program = '', ...words]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) {
        child.stderr.destroy(); // ssh's shared connection inherits it and stays
        return resolve(out);
      }
      setTimeout(() => {
        child.stderr.destroy();
        reject(new Error(`${words.at(-1)} ended with ${code}: ${err}${out}`));
      }, LAST_WORDS_MS);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
