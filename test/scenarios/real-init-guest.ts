import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { EventView } from '../../src/ports/agent.ts';
import { V2_ROOT } from '../kernel/hierarchies.ts';
import { COMMON_FILES, packagesOf, type RealInit } from '../kernel/real-inits.ts';
import { eventually } from './eventually.ts';
import type { Scene, SceneGuest } from './scene.ts';

/** A guest of LXC with one of Debian's inits, as it comes; not started. Files besides those of the init are laid over them. */
export function makeInitGuest(
  scene: Scene,
  init: RealInit,
  name = `init-${init.name}`,
  files: RealInit['files'] = {},
): SceneGuest {
  const all = { ...COMMON_FILES, ...init.files, ...files };
  return scene.make(name, { furnish: (folder) => furnish(folder, init, all) });
}

/** What hostler takes each for, and how it asks it. */
export const OWN_WAYS: Readonly<Record<string, string>> = {
  systemd: 'signal 37 to its systemd init',
  sysvinit: 'runlevel 0 through initctl to its sysvinit init',
  busybox: 'signal 12 to its busybox init',
  openrc: 'signal 30 to its openrc init',
  runit: "runit's own files and SIGCONT to its runit init",
  s6: 'signal 15 to its s6 init',
  finit: 'signal 12 to its finit init',
  tini: 'signal 15 to its plain init',
  'dumb-init': 'signal 15 to its plain init',
  plain: 'signal 15 to its plain init',
};

/** So many milliseconds after its init was executed, or when all runs that its init starts. */
export type Moment = number | 'booted';

/** How a stop went. */
export interface Halt {
  /** In which it was asked, such as `signal 37 to its systemd init`: each once, in order. */
  readonly ways: readonly string[];
  readonly asked: number;
  /** Steps that were taken after it had been asked in vain. */
  readonly harder: readonly string[];
  readonly seconds: number;
  readonly said: string;
}

/** A quarter of it is for an init to begin to listen, which takes its time where many begin at once. */
const STOP_S = 120;

/** Starts it, and stops it then. */
export async function haltAt(scene: Scene, guest: SceneGuest, moment: Moment): Promise<Halt> {
  const before = (await scene.agent.events()).at(-1)?.number ?? 0;
  const started = guest.start().catch(() => undefined); // what ended so soon is no start to LXC
  if (moment === 'booted') await booted(guest.name);
  else {
    await executed(guest.name);
    await pause(moment);
  }
  const begun = performance.now();
  await scene.agent.stop(guest.name, STOP_S);
  const told = async () => (await scene.agent.events()).filter((event) => isOfStop(event, guest.name, before));
  await eventually(async () => expect((await told()).map(({ action }) => action)).toContain('stopped'), 1000 * STOP_S);
  const seconds = (performance.now() - begun) / 1000;
  await started;
  const events = await told();
  const said = events.map(({ says }) => `${says}\n`).join('');
  const ways = [...said.matchAll(/: asked to halt(?: again)?: (.*)$/gm)].map(([, way = '']) => way);
  return {
    ways: [...new Set(ways)],
    asked: ways.length,
    harder: events.flatMap(({ action = '' }) => (HARDER.has(action) ? action : [])),
    seconds,
    said,
  };
}

const HARDER: ReadonlySet<string> = new Set(['nag', 'terminate', 'evidence', 'kill', 'wedged', 'reboot']);

function isOfStop({ number, kind, guest }: EventView, name: string, before: number): boolean {
  return number > before && kind === 'stop' && guest === name;
}

/** Resolves as soon as the first program of the guest is another one than its runtime's. */
async function executed(name: string): Promise<void> {
  await until(name, 1, (pid) => !readlinkSync(`/proc/${pid}/exe`).includes('/lxc'));
}

/** Resolves when there sleeps what each init starts last, and the init itself has come to rest. */
async function booted(name: string): Promise<void> {
  await until(name, 20, (pid) => /^(\/bin\/)?sleep\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));
  await pause(REST_MS);
}

const REST_MS = 300;

/** Until it is so of one of its processes, looking every so many milliseconds. */
async function until(name: string, everyMs: number, isSo: (pid: string) => boolean): Promise<void> {
  const latest = performance.now() + 60_000;
  while (!someProcess(name, isSo)) {
    if (performance.now() > latest) throw new Error(`${name} has no such process`);
    await pause(everyMs);
  }
}

// Some inits move into a cgroup of their own at once.
function someProcess(name: string, isSo: (pid: string) => boolean): boolean {
  try {
    const top = `${V2_ROOT}/lxc.payload.${name}`;
    const folders = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
    const all = [top, ...folders.map((entry) => join(entry.parentPath, entry.name))];
    return all
      .flatMap((folder) => readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      .some(isSo);
  } catch {
    return false; // it is not there yet, or changes
  }
}

function furnish(folder: string, init: RealInit, files: RealInit['files']): void {
  const root = join(folder, 'rootfs');
  rmSync(root, { recursive: true });
  for (const name of ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp'])
    mkdirSync(join(root, name), { recursive: true });
  for (const from of packagesOf(init).folders) execFileSync('cp', ['-a', '--', `${from}/.`, root]);
  for (const [path, content] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    rmSync(full, { force: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), full);
    else writeFileSync(full, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
  appendFileSync(
    join(folder, 'config'),
    `lxc.init.cmd = ${command(root, init.program)}\nlxc.environment = PATH=/usr/sbin:/usr/bin:/sbin:/bin\n`,
  );
}

// LXC takes words apart where there is a blank.
function command(root: string, words: readonly string[]): string {
  if (words.every((word) => !word.includes(' '))) return words.join(' ');
  mkdirSync(join(root, 'sbin'), { recursive: true });
  writeFileSync(join(root, 'sbin/own-init'), `#!/bin/sh\nexec ${words.map(quoted).join(' ')}\n`, { mode: 0o755 });
  return '/sbin/own-init';
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
