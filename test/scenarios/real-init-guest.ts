import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostler } from '../cli/hostler.ts';
import { COMMON_FILES, packagesOf, type RealInit } from '../kernel/real-inits.ts';
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

/** Starts it, waits and stops it. */
export async function haltAfter(scene: Scene, guest: SceneGuest, ms: number): Promise<Halt> {
  await guest.start();
  await pause(ms);
  const begun = performance.now();
  const before = (await scene.agent.events()).at(-1)?.number ?? 0;
  const { out, err } = await hostler(['stop', '--timeout', '60', guest.name, '--socket', scene.agent.controlSocket]);
  const seconds = (performance.now() - begun) / 1000;
  const steps = (await scene.agent.events()).flatMap(({ number, kind, guest: of, action }) =>
    number > before && kind === 'stop' && of === guest.name ? (action ?? '') : [],
  );
  const ways = [...out.matchAll(/: asked to halt(?: again)?: (.*)$/gm)].map(([, way = '']) => way);
  return {
    way: ways.at(-1) ?? '',
    asked: ways.length,
    harder: steps.filter((step) => ['nag', 'terminate', 'evidence', 'kill', 'wedged', 'reboot'].includes(step)),
    seconds,
    said: out + err,
  };
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
