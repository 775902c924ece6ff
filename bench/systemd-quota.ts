import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { startTime } from '../test/kernel/start-time.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { Contained, ended } from './contained.ts';

/** A scope of systemd's with CPUQuota, and what takes it away. */
export async function unitWithQuota(
  name: string,
  rate: number,
): Promise<{ load: Contained; end: () => Promise<void> }> {
  const words = ['--scope', '--quiet', `--unit=${name}`, '-p', `CPUQuota=${rate * 100}%`, 'sleep', 'infinity'];
  const first = spawn('systemd-run', words, { stdio: 'ignore' });
  await once(first, 'spawn');
  const pid = first.pid ?? 0; // systemd-run becomes what it runs
  const cgroup = await eventually(() => {
    const [, path = ''] = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? [];
    if (!path.endsWith(`/${name}.scope`)) throw new Error(`${name} has not begun`);
    return path;
  });
  const end = async () => {
    await ended(first);
    spawnSync('systemctl', ['stop', `${name}.scope`], { stdio: 'ignore' }); // it may have ended with what ran in it
  };
  return { load: new Contained(name, { pid, startTime: `${startTime(pid)}`, cgroup }), end };
}
