import { deviations } from '../../limits/read-back.ts';
import type { Refusal } from '../../model/failure.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import { earliest } from '../earliest.ts';
import type { World } from '../world.ts';
import { admittedPolicy } from './admitted.ts';
import { keepStill, lookForThrash, thrashRefusals } from './brake.ts';
import { countAndRaise, isOurs, isUntold } from './count.ts';
import type { CpuDriver } from './cpu-driver.ts';
import { keepHits } from './hits.ts';
import { planNow } from './plan-now.ts';
import { policyHere } from './policy-here.ts';
import { isFoughtOver, rest } from './raise.ts';
import { type Done, forgetLife, type LimitRecord, newKills } from './record.ts';
import { retryAt } from './retry.ts';
import { rewritten } from './rewritten.ts';
import { readNow } from './seen.ts';
import { holdData } from './share-data.ts';
import { unwatch, watch } from './watch.ts';
import { write } from './write.ts';

/** One look at what a guest uses and may use. Answers when to look again, in monotonic milliseconds. */
export async function limitsPass(
  world: World,
  name: string,
  record: LimitRecord,
  driver: CpuDriver,
): Promise<number | undefined> {
  const instance = world.records.get(name)?.guest.instance;
  const found = readNow(world, name, record);
  if (instance === undefined || found === undefined) {
    void driver.stop(name);
    const wakeAt = rest(world, name, record);
    forgetLife(record);
    return earliest(keepHits(world, name, record).dueAt, wakeAt);
  }
  if (record.ledger.epoch !== found.epoch) beginLife(world, record, found);
  const thrashAt = lookForThrash(world, name, record, instance, found);
  const policy = policyHere(world, name);
  // Before anything that waits, so that nobody else has counted further meanwhile; and nothing is waited for before a kill is told.
  const raised = countAndRaise(world, name, record, found);
  if (isUntold(record) && !record.byForce)
    return [raised, thrashAt, keepHits(world, name, record).dueAt].reduce(earliest);
  const still = await keepStill(world, name, record, instance, 'before');
  const bucket = policy?.cpu.bucket;
  const bursts = await driver.bursts(bucket);
  const stoodStill = await driver.resume(name, instance, found.epoch, bucket);
  const reading = (stoodStill ? readNow(world, name, record) : undefined) ?? found;
  // Nobody grants by the former bucket while the quota of another is written.
  if (!driver.goesBy(name, bucket)) await driver.stop(name);
  const plan = planNow(world, name, record, reading, bursts);
  const unkept = admittedPolicy(world, name).refusals;
  const data = await holdData(world, name, record, instance);
  if (!isOurs(world, name, record)) {
    unwatch(world, name, record);
    return earliest(raised, settle(world, name, record, { ...data, refusals: [...still, ...data.refusals] }));
  }
  const { isNew, refusals: unheard } = await watch(world, name, record, instance, reading);
  const done = await write(world, name, record, instance, reading, plan);
  const gone = await keepStill(world, name, record, instance, 'after');
  if (done.hasQuota) await driver.drive(name, instance, reading.epoch, bucket, record.heard);
  const rewriting = rewritten(world, name, record, plan, driver.of(name)?.overdrawnAt);
  const unstill = [...still, ...gone, ...thrashRefusals(world, name, instance)];
  const others = [...unkept, ...unheard, ...plan.lacking, ...data.refusals, ...rewriting.refusals, ...unstill];
  const settled = settle(world, name, record, { refusals: others }, done);
  // What happened before anybody listened is seen now.
  const unheardAt = isNew ? world.ports.clock.now() : undefined;
  return [raised, thrashAt, settled, data.wakeAt, rewriting.wakeAt, unheardAt].reduce(earliest);
}

function beginLife({ ports: { clock } }: World, record: LimitRecord, { epoch }: LimitsReading): void {
  forgetLife(record);
  record.kills = { ...newKills(clock.now()), apart: record.kills.apart };
  record.ledger = { hits: record.ledger.hits, epoch, before: {} };
}

// What stays refused is told once.
function settle(
  world: World,
  name: string,
  record: LimitRecord,
  { refusals, wakeAt }: Done,
  written: Done = { refusals: [] },
): number | undefined {
  const kept = keepHits(world, name, record);
  const rounded = deviations(record.written).map(
    (detail): Refusal => ({ code: 'W_LIMIT_OTHER', subject: name, detail }),
  );
  const others = [...refusals, ...kept.refusals];
  // What is of the whole guest may have been said of each resource.
  const all = new Map([...others, ...written.refusals, ...rounded].map((one) => [JSON.stringify(one), one]));
  const known = new Set(record.refusals.map((refusal) => JSON.stringify(refusal)));
  for (const [text, refusal] of all) {
    if (!known.has(text) && !isToldOfOthers(world, refusal)) world.report.refusal(refusal, { guest: name });
  }
  const wasFoughtOver = isFoughtOver(record.refusals);
  record.refusals = [...all.values()];
  // The next look raises an alert about it, or ends that.
  const isNews = isFoughtOver(record.refusals) !== wasFoughtOver;
  const retry = retryAt(record, 'guest', others, world.ports.clock.now());
  const newsAt = isNews ? world.ports.clock.now() : undefined;
  return [wakeAt, written.wakeAt, kept.dueAt, retry, newsAt].reduce(earliest);
}

// What is wrong with the host is said once, however many guests it keeps from their limits.
function isToldOfOthers({ records, limiter }: World, { code }: Refusal): boolean {
  if (code !== 'E_LIMIT_READ_ONLY') return false;
  return [...records.keys()].some((name) => limiter.refusals(name).some((refusal) => refusal.code === code));
}
