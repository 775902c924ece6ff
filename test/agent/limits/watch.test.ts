import { expect, test } from 'vitest';
import type { Pressures } from '../../../src/model/limit.ts';
import type { Policy } from '../../../src/model/policy.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, stage } from '../../fakes/stage.ts';
import { policy } from '../../limits/policy.ts';

const configured = (...policies: readonly Policy[]) => ({ ...configOf(), policies });

test('a guest is watched once for what its policy needs, and anew when that is more or less', async () => {
  const machine = new Machine();
  machine.start('web1');
  const small = policy({ guests: ['*'], processes: 7 });
  const ports = portsOf(machine, configured(small));
  const wishes: Pressures[] = [];
  const { watch } = ports.cgroups;
  ports.cgroups.watch = (guest, instance, wanted) => {
    wishes.push(wanted);
    return watch(guest, instance, wanted);
  };
  const { agent, configuration } = stage(machine, configured(small), ports);
  await agent.start();
  const reload = async (wanted: Policy) => {
    configuration.write({ ok: true, config: configured(wanted), warnings: [] });
    await agent.control.reload({ uid: 0, pid: 1 });
    await atRest();
  };
  await reload(policy({ guests: ['*'], processes: 8 }));
  expect(wishes).toEqual([{ cpu: false, memory: false }]);
  await reload(policy({ guests: ['*'], alerts: { rss: { raise: 0.9, clear: 0.8, forMs: 1000 } } }));
  await reload(small);
  expect(wishes.map(({ memory }) => memory)).toEqual([false, true, false]);
});
