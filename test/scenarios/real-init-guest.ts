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

/** How a stop went. */
export interface Halt {
  /** `signal 37 to its systemd init`, of the last time that it was asked. */
  readonly way: string;
  readonly asked: number;
  /** Steps that were taken after it had been asked in vain. */
  readonly harder: readonly string[];
  readonly seconds: number;
  readonly said: string;
}

/** A quarter of it is for an init to begin to listen, which takes its time where many begin at once. */
const STOP_S = 120;

/** Starts it, and stops it so long after its init was executed. */
export async function haltAfter(scene: Scene, guest: SceneGuest, ms: number): Promise<Halt> {
  const before = (await scene.agent.events()).at(-1)?.number ?? 0;
  const started = guest.start().catch(() => undefined); // what ended so soon is no start to LXC
  await executed(guest.name);
  await pause(ms);
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
    way: ways.at(-1) ?? '',
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
  const until = performance.now() + 60_000;
  while (!programsOf(name).some((program) => !program.includes('/lxc'))) {
    if (performance.now() > until) throw new Error(`${name} has no init`);
    await pause(1);
  }
}

// Some inits move into a cgroup of their own at once.
function programsOf(name: string): readonly string[] {
  try {
    const top = `${V2_ROOT}/lxc.payload.${name}`;
    const folders = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
    const all = [top, ...folders.map((entry) => join(entry.parentPath, entry.name))];
    const pids = all.flatMap((folder) =>
      readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean),
    );
    return pids.map((pid) => readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return []; // it is not there yet, or changes
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
