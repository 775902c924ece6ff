import { looksEveryMs } from '../../limits/levels.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { restsFor } from '../../limits/shared-data.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Policy } from '../../model/policy.ts';
import { earliest } from '../earliest.ts';
import type { World } from '../world.ts';
import { dataLimit, limitData, refusedData } from './data.ts';
import { keepLedger } from './hits.ts';
import type { Done, LimitRecord } from './record.ts';

/** Limits the data of each process, and of all of them together where the policy says so. */
export async function holdData(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
): Promise<Done> {
  const stillShared = await shareNoMore(world, name, record, instance);
  if (stillShared.length > 0) return { refusals: stillShared };
  const { refusals, wakeAt } = await limitData(world, name, record, instance);
  const looked = await look(world, name, record, instance);
  const soonest = earliest(wakeAt, looked.wakeAt);
  return { refusals: [...refusals, ...looked.refusals], ...(soonest !== undefined && { wakeAt: soonest }) };
}

// Gives each process all that it may have by itself, where they shared it until now and are not to any more.
async function shareNoMore(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
): Promise<readonly Refusal[]> {
  const { data } = record.ledger;
  if (!data?.shared || isSharing(policyOf(world.config, name))) return [];
  const answer = await world.ports.cgroups.shareData(instance, undefined);
  if (!answer.ok) return [refusedData(name, data.given.at(-1), answer.failed)];
  const { shared: _, ...alone } = data;
  record.ledger = { ...record.ledger, data: alone };
  keepLedger(world, name, record);
  return [];
}

// What is left is divided among the processes of a guest that share a limit; others are looked at where somebody is to be told.
async function look(world: World, name: string, record: LimitRecord, instance: GuestInstance): Promise<Done> {
  const policy = policyOf(world.config, name);
  const limit = dataLimit(policy);
  const isShared = isSharing(policy) && record.ledger.data !== undefined;
  if (limit === undefined || !(isShared || policy?.alerts.as)) {
    record.data = undefined;
    return { refusals: [] };
  }
  if (world.ports.clock.now() >= record.dataLook.due) {
    if (isShared) await share(world, name, record, instance, limit);
    else await measure(world, record, instance, limit, policy?.alerts ?? {});
  }
  return { refusals: record.shareRefusals, wakeAt: record.dataLook.due };
}

async function share(
  world: World,
  name: string,
  record: LimitRecord,
  instance: GuestInstance,
  limit: number,
): Promise<void> {
  noteShared(world, name, record);
  const { data, dataLook } = record;
  const answer = await world.ports.cgroups.shareData(instance, limit);
  const restMs = answer.ok ? restsFor(limit, answer.value, data, dataLook.restMs) : TROUBLED_MS;
  record.shareRefusals = answer.ok ? [] : [refusedData(name, limit, answer.failed)];
  if (answer.ok) record.data = { ...answer.value, limit, isShared: true };
  record.dataLook = { due: world.ports.clock.now() + restMs, restMs };
}

/** What was refused now may well be done then. */
const TROUBLED_MS = 1000;

async function measure(
  { ports: { cgroups, clock } }: World,
  record: LimitRecord,
  instance: GuestInstance,
  limit: number,
  alerts: Policy['alerts'],
): Promise<void> {
  const answer = await cgroups.dataHeld(instance);
  const restMs = looksEveryMs(alerts, cgroups.host.hierarchy) ?? TROUBLED_MS;
  record.shareRefusals = [];
  if (answer.ok) record.data = { ...answer.value, limit, isShared: false };
  record.dataLook = { due: clock.now() + restMs, restMs };
}

// First the ledger: whoever comes after a crash gives it back.
function noteShared(world: World, name: string, record: LimitRecord): void {
  const { data } = record.ledger;
  if (data === undefined || data.shared) return;
  record.ledger = { ...record.ledger, data: { ...data, shared: true } };
  keepLedger(world, name, record);
}

function isSharing(policy: Policy | undefined): boolean {
  return dataLimit(policy) !== undefined && policy?.memory.addressSpace?.scope === 'guest';
}

/** Somebody was refused what another may have given back meanwhile. */
export function shareSoon(record: LimitRecord): void {
  record.dataLook = { due: 0, restMs: 0 };
}
