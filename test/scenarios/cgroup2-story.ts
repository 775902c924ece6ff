// Runs by itself in a mount namespace whose only cgroups are those of v2, and prints what was seen at each step as JSON.
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { createLxcGuest } from './lxc-guest.ts';
import { createTestAgent } from './test-agent.ts';

const [, , name = '', number = '', firstId] = process.argv;
const first = Number(number);
const agent = createTestAgent();
chmodSync(agent.folder, 0o755);
const guest = createLxcGuest({ name, lxcPath: agent.lxcPath, ...(firstId && { firstId: Number(firstId) }) });

const attempt = (...command: string[]) =>
  guest.attach(...command).then(
    () => 'done',
    (error: unknown) => /Operation not permitted|No such file/.exec(String(error))?.[0] ?? String(error),
  );
const open = (node: string) => attempt('dd', `if=${node}`, 'count=0');
const nodes = async () => (await agent.guest(name)).nodes.map(({ path }) => path);
const nodesAre = (...wanted: string[]) =>
  eventually(async () => {
    if (JSON.stringify(await nodes()) !== JSON.stringify(wanted)) throw new Error(`has ${await nodes()}`);
  });

const run = promisify(execFile);
const seen: Record<string, string> = {};
try {
  await guest.start();
  await agent.start();
  await nodesAre();
  seen['without a rule, null'] = await open('/dev/null');
  agent.rules(
    `- rule: scanner\n  match: { subsystem: block, sysname: [loop${first}, loop${first + 1}] }\n  guest: ${name}\n`,
  );
  plugLoop(first);
  await nodesAre(`/dev/loop${first}`);
  seen.granted = await open(`/dev/loop${first}`);
  seen['null beside it'] = await open('/dev/null');
  await run('lxc-cgroup', ['-P', agent.lxcPath, '-n', name, 'devices.allow', 'c 1:11 rwm']);
  await eventually(async () => {
    const done = (await agent.status()).counters.drift_repaired_total;
    if (done !== 1) throw new Error(`repaired ${done} times`);
  });
  seen['granted after lxc-cgroup'] = await open(`/dev/loop${first}`);
  seen['null after lxc-cgroup'] = await open('/dev/null');
  unplugLoop(first);
  await nodesAre();
  plugLoop(first + 1);
  await nodesAre(`/dev/loop${first + 1}`);
  seen['granted after the replug'] = await open(`/dev/loop${first + 1}`);
  seen['the old node'] = await open(`/dev/loop${first}`);
  seen['not granted'] = await attempt('sh', '-c', 'mknod /dev/other b 7 0 && dd if=/dev/other count=0');
  await agent.end('SIGKILL');
  seen['without an agent'] = await open(`/dev/loop${first + 1}`);
  unplugLoop(first + 1);
  await agent.start();
  await nodesAre();
  seen['null after it came back'] = await open('/dev/null');
} finally {
  await guest.destroy();
  await agent.destroy();
}
process.stdout.write(JSON.stringify(seen));
