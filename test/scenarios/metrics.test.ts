import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertServer } from '../contract/alert-server.ts';
import { debianAlertmanager, startAlertmanager } from '../contract/real-alertmanager.ts';
import { debianPrometheus, startPrometheus } from '../contract/real-prometheus.ts';
import { freePort } from '../contract/real-server.ts';
import { eventually } from './eventually.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';
import { createTestAgent } from './test-agent.ts';

const MiB = 2 ** 20;
const packages = { prometheus: debianPrometheus(), alertmanager: debianAlertmanager() };
const lack = packages.prometheus.lack ?? packages.alertmanager.lack;

let scene: Scene;
let guest: SceneGuest;
let address: string;
beforeAll(async () => {
  address = `127.0.0.1:${await freePort()}`;
  scene = await createScene({ rules: '[]', settings: `metrics: { listen: "${address}" }` });
  scene.agent.policy('small', 'guests: metered*\nmemory: { rss: { limit: 64MiB } }\nprocesses: { limit: 40 }');
  guest = await scene.guest('metered1');
});
afterAll(() => scene.end());

async function scraped(): Promise<string> {
  return (await fetch(`http://${address}/metrics`)).text();
}

test('the agent tells at its address what its guest may hold and holds', async () => {
  await eventually(async () => {
    const text = await scraped();
    expect(text).toContain(`hostler_guest_limit_bytes{guest="metered1",resource="rss"} ${64 * MiB}\n`);
    expect(text).toContain('hostler_guest_limit{guest="metered1",resource="processes"} 40\n');
    expect(text).toContain('hostler_guest_limit_hits_total{guest="metered1",resource="oom"} 0\n');
    expect(text).toMatch(/^hostler_guest_held_bytes\{guest="metered1",resource="rss"\} [1-9]/m);
    expect(text).toMatch(/^hostler_guest_cpu_seconds_total\{guest="metered1"\} \d/m);
  });
});

test('people see at its address which guests there are, and what of them is near a limit', async () => {
  await eventually(async () => {
    const text = await (await fetch(`http://${address}/`)).text();
    expect(text).toContain('<th scope="row">metered1</th><td>running</td>');
  });
  await expect(guest.attach('sh', '-c', 'i=0; while [ $i -lt 60 ]; do i=$((i + 1)); sleep 1 & done')).rejects.toThrow();
  await eventually(async () => {
    const text = await (await fetch(`http://${address}/`)).text();
    expect(text).toMatch(/<li>processes \d+ of 40 <span class="bad">\d+ hits?<\/span><\/li>/);
    expect(text).toMatch(/<span class="bad">processes firing<\/span>/);
  });
});

test('another agent that finds the port taken says so once, and works', async () => {
  const second = createTestAgent(`metrics: { listen: "${address}" }`);
  try {
    await second.start();
    const taken = { code: 'W_METRICS', subject: address, detail: 'another program listens there' };
    await eventually(async () => expect((await second.status()).warnings).toContainEqual(taken));
    expect((await second.status()).ready).toBe(true);
    await eventually(() => expect(second.log().match(/W_METRICS/g)).toHaveLength(1));
    expect(await scraped()).toContain('guest="metered1"'); // the first one's still
  } finally {
    await second.destroy();
  }
});

test('a kill reaches whom a real Prometheus and a real Alertmanager tell', async ({ skip, onTestFinished }) => {
  skip(lack !== undefined, lack);
  const receiver = await alertServer();
  const alertmanager = await startAlertmanager(packages.alertmanager.unpacked, receiver.url);
  onTestFinished(() => alertmanager.stop().then(() => void receiver.close()));
  const prometheus = await startPrometheus(packages.prometheus.unpacked, address, alertmanager.url);
  onTestFinished(() => prometheus.stop());
  const hits = 'hostler_guest_limit_hits_total{guest="metered1",resource="oom"}';
  await expect.poll(() => prometheus.query(hits)).toMatchObject([{ value: 0 }]);
  await expect(guest.attach('dd', 'if=/dev/zero', 'of=/dev/null', 'bs=128M', 'count=1')).rejects.toThrow();
  await expect.poll(() => prometheus.query(hits)).toMatchObject([{ value: 1 }]);
  await expect.poll(() => prometheus.firing()).toContain('HostlerGuestKilled');
  const told = () => receiver.requests.map(({ body }) => JSON.parse(body).alerts[0].labels);
  await expect
    .poll(told)
    .toContainEqual(
      expect.objectContaining({ alertname: 'HostlerGuestKilled', guest: 'metered1', severity: 'critical' }),
    );
});
