import { spawn } from 'node:child_process';

let number = 0;

/** A program that systemd runs in a service of its own. */
export interface BesideService {
  readonly words: readonly [string, ...string[]];
  /** Ends the program: who is told by it how it goes ends without it. */
  kill(): void;
}

/**
 * The words with which systemd runs a program in a service of its own: the agent's may write nothing, and nothing in it gets a
 * privilege, of which what sends mail needs one. Its input, what it says and how it ends are passed on.
 */
export function besideService(
  words: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): BesideService {
  number += 1;
  const unit = `hostler-run-${process.pid}-${number}.service`;
  return {
    words: [
      'systemd-run',
      '--quiet',
      '--collect',
      '--pipe',
      `--unit=${unit}`,
      '--property=DefaultDependencies=no', // nothing else may begin while the host goes down
      `--description=${words[0]}, for hostler`,
      ...Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`),
      '--',
      ...words,
    ],
    kill: () => void spawn('systemctl', ['kill', '--signal=KILL', unit], { stdio: 'ignore' }).on('error', () => {}),
  };
}
