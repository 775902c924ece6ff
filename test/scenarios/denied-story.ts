// Runs by itself in a mount namespace whose only cgroups are those of v2, and prints what was seen at each step as JSON.
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { denyIn } from '../kernel/denying.ts';
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
try {
  agent.rules(`- rule: log
  match: { subsystem: mem, sysname: kmsg }
  guest: ${name}
`);
  await guest.start();
  await agent.start();
  await eventually(async () => {
    if (!(await agent.guest(name)).converged) throw new Error('is not as it shall be');
  });
  await guest.attach('mknod', '/dev/probe', 'c', '1', '11');
  seen.granted = await open('/dev/probe');
  const [, cgroup = ''] = /^0::(.*)$/m.exec(readFileSync(`/proc/${await guest.initPid()}/cgroup`, 'utf8')) ?? [];
  const denying = await denyIn(`/sys/fs/cgroup${cgroup}`, '1:11');
  // A tool of LXC's has run: what is granted is tried again.
  await run('lxc-cgroup', ['--version']);
  await codesAre('E_GRANT_REFUSED', 'E_PROGRAM_HELD');
  seen['the program is named'] = (await agent.guest(name)).refusals.some(
    ({ detail }) => detail === `program ${denying.id}`,
  );
  await eventually(async () => {
    if ((await open('/dev/kmsg')) !== 'No such file') throw new Error('its node is there');
  });
  seen['null beside it'] = await open('/dev/null');
  seen['denied by number'] = await open('/dev/probe');
  await denying.end();
  await codesAre();
  seen['granted again'] = await open('/dev/kmsg');
} finally {
  await guest.destroy();
  await agent.destroy();
}
process.stdout.write(JSON.stringify(seen));
