import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A shell of the guest's root that was started while the guest was whole: it needs nothing of its /dev any more. */
export interface GuestShell {
  /** Runs a script and answers what it printed; throws when it fails. */
  run(script: string): Promise<string>;
  end(): Promise<void>;
}

const END = '<end>';

export async function openGuestShell(lxcPath: string, guest: string): Promise<GuestShell> {
  const words = ['-P', lxcPath, '-n', guest, '--clear-env', '-v', 'PATH=/bin:/sbin', '--', '/bin/sh'];
  const child = spawn('lxc-attach', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const run = async (script: string): Promise<string> => {
    child.stdin.write(`{ ${script}\n} 2>&1; echo "${END} $?"\n`);
    const said: string[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the shell of ${guest} ended: ${said.join('\n')}`);
      if (value === `${END} 0`) return said.join('\n');
      if (value.startsWith(END)) throw new Error(`${script}: ${value}: ${said.join('\n')}`);
      said.push(value);
    }
  };
  await run('true');
  return {
    run,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
