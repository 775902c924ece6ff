import type { Config } from '../../../src/model/config.ts';
import type { BucketPolicy } from '../../../src/model/policy.ts';
import type { Store } from '../../../src/ports/store.ts';
import { atRest } from '../../fakes/clock.ts';
import { configOf } from '../../fakes/configuration.ts';
import { Machine } from '../../fakes/machine.ts';
import { portsOf, type Stage, stage } from '../../fakes/stage.ts';
import { memoryStore } from '../../fakes/store.ts';
import { policy } from '../../limits/policy.ts';

/** What a guest holds that stands still by a quarter of a processor. */
export const STILL = '1000 350000';

export interface Busy extends Stage {
  /** The guest uses so much of a processor for so long, and the kernel holds it back when that is more than its quota. */
  use(cpus: number, ms: number): Promise<void>;
  grants(): number;
  /** How often its CPU time was read. */
  looks(): number;
  /** How often its bucket was kept. */
  saves(): number;
  /** How often all its control files were read. */
  reads(): number;
}

/** A guest that is held to a bucket, and can be busy. */
export async function busy(bucket: BucketPolicy, machine = machineWithGuest(), store = memoryStore()): Promise<Busy> {
  const config = limitedBy(bucket);
  const counted = { looks: 0, saves: 0, reads: 0 };
  const keeping: Store = {
    ...store,
    saveBucket(guest, kept) {
      counted.saves += 1;
      return store.saveBucket(guest, kept);
    },
  };
  const ports = portsOf(machine, config, keeping);
  const { cpu, read } = ports.cgroups;
  ports.cgroups.read = (instance) => {
    counted.reads += 1;
    return read(instance);
  };
  ports.cgroups.cpu = (instance) => {
    counted.looks += 1;
    return cpu(instance);
  };
  const made = stage(machine, config, ports);
  await made.agent.start();
  await atRest();
  return Object.assign(made, {
    async use(cpus: number, ms: number) {
      for (let at = 0; at < ms; at += 10) {
        const start = machine.guests.get('web1');
        const [quotaUs = 0, periodUs = 1] = (start?.limits['cpu.max'] ?? '').split(' ').map(Number);
        const isStill = start?.limits['cpu.max']?.startsWith('1000 ');
        if (start?.cpu) start.cpu.usedUs += Math.floor((isStill ? Math.min(cpus, quotaUs / periodUs) : cpus) * 10_000);
        if (cpus > quotaUs / periodUs) machine.stall('web1');
        await machine.clock.pass(10);
      }
    },
    grants: () => machine.asked.filter((line) => line.includes('grant-cpu')).length,
    looks: () => counted.looks,
    saves: () => counted.saves,
    reads: () => counted.reads,
  });
}

export function limitedBy(bucket: BucketPolicy): Config {
  return { ...configOf(), policies: [policy({ guests: ['*'], cpu: { bucket, guarantee: false } })] };
}

/** Another configuration is in force. */
export async function reload({ configuration, agent }: Stage, config: Config): Promise<void> {
  configuration.write({ ok: true, config, warnings: [] });
  await agent.control.reload({ uid: 0, pid: 1 });
  await atRest();
}

export function machineWithGuest(): Machine {
  const machine = new Machine();
  machine.start('web1').cpu = { usedUs: 0, throttles: 0 };
  return machine;
}
