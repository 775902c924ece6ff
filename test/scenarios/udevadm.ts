import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import type { Scene, SceneGuest } from './scene.ts';

const PROGRAM = '/usr/bin/udevadm';

export interface Monitor {
  /** One entry a message: its heading, `KERNEL add /devices/... (block)`, and its properties. */
  messages(): readonly (readonly string[])[];
  end(): Promise<void>;
}

/** A guest that is told from the first device on, with a monitor in it that hears of all. */
export async function toldGuest(
  scene: Scene,
  { firstId, programs = [] }: { readonly firstId?: number | undefined; readonly programs?: readonly string[] },
  ...words: readonly string[]
): Promise<{ readonly guest: SceneGuest; readonly monitor: Monitor }> {
  const guest = await scene.guest('told', {
    ...(firstId && { firstId }),
    furnish: (folder) => {
      for (const program of [PROGRAM, ...programs]) bringProgram(join(folder, 'rootfs'), program);
    },
  });
  await eventually(() => guest.attach('test', '-e', '/run/udev/control'));
  const monitor = await monitorIn(intoLxc(scene.agent.lxcPath, 'told'), '--kernel', '--udev', ...words);
  return { guest, monitor };
}

/** Puts a program of the host and what it is linked with into a guest's root. */
function bringProgram(rootfs: string, program: string): void {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(/g);
  for (const path of [program, ...Array.from(libraries, ([, library = '']) => library)]) {
    mkdirSync(dirname(join(rootfs, path)), { recursive: true });
    copyFileSync(path, join(rootfs, path));
  }
}

/** A command that runs what follows it inside a running guest of LXC. */
export function intoLxc(lxcPath: string, guest: string): readonly string[] {
  return ['lxc-attach', '-P', lxcPath, '-n', guest, '--clear-env', '-v', 'PATH=/bin:/sbin', '--'];
}

/** `udevadm monitor` inside a running guest. */
export async function monitorIn(into: readonly string[], ...words: readonly string[]): Promise<Monitor> {
  const { said, end } = await listenIn(into, PROGRAM, 'monitor', '--property', ...words);
  // Its first line comes before it hears anything; behind its last one is an empty line.
  await eventually(() => expect(said()).toContain('\n\n'));
  return {
    messages: () =>
      said()
        .split('\n\n')
        .map((message) => message.trim().split('\n'))
        .map(([heading = '', ...properties]) => [
          heading.replace(/ *\[[\d.]+\] */, ' ').replace(/ +/g, ' '),
          ...properties,
        ])
        .filter(([heading = '']) => /^(KERNEL|UDEV) /.test(heading)),
    end,
  };
}

export interface Listener {
  /** All that it printed. */
  said(): string;
  end(): Promise<void>;
}

/** A program in a running guest that says when it listens, and then what it hears. */
export async function listenIn(into: readonly string[], ...program: readonly string[]): Promise<Listener> {
  const [command = '', ...words] = [...into, ...program];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  return {
    said: () => said,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
