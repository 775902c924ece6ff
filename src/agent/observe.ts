import { observedPaths } from '../devices/observed-paths.ts';
import type { DesiredNode } from '../model/node.ts';
import type { GuestNames, Holder, ObservedGuest } from '../model/observed.ts';
import type { Answer, Executor } from '../ports/executor.ts';
import { parseNames } from './names.ts';
import type { GuestRecord, World } from './world.ts';

/** Everything that a pass decides on, asked for at once: the executor answers in order. */
export async function observeGuest(
  world: World,
  record: GuestRecord,
  desired: readonly DesiredNode[],
): Promise<Answer<ObservedGuest>> {
  const { executor } = world.ports;
  const { name } = record.guest;
  // Kept before it is answered: a change meanwhile makes the next pass ask again.
  record.names ??= readNames(executor, name);
  const [entries, granted, names, holders] = await Promise.all([
    executor.observe(name, observedPaths(desired, record.ledger)),
    executor.grants(name),
    record.names,
    observeHolders(executor, record),
  ]);
  if (!entries.ok) return entries;
  if (!granted.ok) return granted;
  const allowed =
    granted.value.policy === 'foreign' ? world.ports.guests.configuredDevices(name) : granted.value.grants;
  if (allowed === undefined && desired.length > 0)
    return { ok: false, failed: { errno: 'ENODATA', call: 'policy', subject: name } };
  const { policy } = granted.value;
  return { ok: true, value: { entries: entries.value, policy, grants: allowed ?? [], names, holders } };
}

// A guest without these files has no names; numbers still work.
async function readNames(executor: Executor, guest: string): Promise<GuestNames> {
  const files = await Promise.all([executor.readFile(guest, '/etc/passwd'), executor.readFile(guest, '/etc/group')]);
  const [passwd = '', group = ''] = files.map((file) => (file.ok ? file.value : ''));
  return parseNames(passwd, group);
}

async function observeHolders(executor: Executor, { guest, ledger }: GuestRecord): Promise<readonly Holder[]> {
  const answers = await Promise.all(ledger.released.map(({ number }) => executor.holders(guest.name, number)));
  return answers.flatMap((answer) => (answer.ok ? answer.value : []));
}
