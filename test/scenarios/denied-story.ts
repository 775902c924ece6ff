// Runs by itself in a mount namespace whose only cgroups are those of v2, and prints what was seen at each step as JSON.
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { denyIn } from '../kernel/device-program.ts';
import { eventually } from './eventually.ts';
import { createLxcGuest } from './lxc-guest.ts';
import { createTestAgent } from './test-agent.ts';

const run = promisify(execFile);
const [, , name = ''] = process.argv;
const agent = createTestAgent();
chmodSync(agent.folder, 0o755);
const guest = createLxcGuest({ name, lxcPath: agent.lxcPath });

const open = (node: string) =>
  guest.attach('dd', `if=${node}`, 'count=0').then(
    () => 'done',
    (error: unknown) => /Operation not permitted|No such file/.exec(String(error))?.[0] ?? String(error),
  );
const codes = async () => (await agent.guest(name)).refusals.map(({ code }) => code).sort();
const codesAre = (...wanted: string[]) =>
  eventually(async () => {
    if (JSON.stringify(await codes()) !== JSON.stringify(wanted)) throw new Error(`has ${await codes()}`);
  });

const seen: Record<string, unknown> = {};
async function denied(where: string): Promise<void> {
  await eventually(async () => {
    if ((await open('/dev/kmsg')) !== 'No such file') throw new Error('its node is there');
  });
  const found: Record<string, string> = {};
  for (const node of ['probe', 'foreign', 'null', 'loop-control']) found[node] = await open(`/dev/${node}`);
  seen[where] = found;
}

try {
  agent.rules(`- rule: log
  match: { subsystem: [mem, misc], sysname: [kmsg, loop-control] }
  guest: ${name}
  take: all
`);
  await guest.start();
  await guest.attach('mknod', '/dev/probe', 'c', '1', '11');
  await guest.attach('mknod', '/dev/foreign', 'c', '189', '0');
  const [, cgroup = ''] = /^0::(.*)$/m.exec(readFileSync(`/proc/${await guest.initPid()}/cgroup`, 'utf8')) ?? [];
  const beside = await denyIn(`/sys/fs/cgroup${cgroup}`, '1:11');
  await agent.start();
  await codesAre('E_GRANT_REFUSED');
  await denied("beside LXC's");
  await beside.end();
  await codesAre();
  seen['without it'] = await open('/dev/kmsg');

  const later = await denyIn(`/sys/fs/cgroup${cgroup}`, '1:11');
  await run('lxc-cgroup', ['--version']); // a tool of LXC's has run: what is granted is tried again
  await codesAre('E_GRANT_REFUSED');
  await denied('beside ours');
  await later.end();
  await codesAre();
  seen['granted again'] = await open('/dev/kmsg');
} finally {
  await guest.destroy();
  await agent.destroy();
}
process.stdout.write(JSON.stringify(seen));
