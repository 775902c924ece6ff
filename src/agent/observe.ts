import { foldersAbove } from '../devices/folders.ts';
import { observedPaths } from '../devices/observed-paths.ts';
import type { Grant } from '../model/action.ts';
import type { DesiredNode } from '../model/node.ts';
import type { GuestNames, ObservedGuest } from '../model/observed.ts';
import type { Answer, Executor, Failed, GrantsSeen } from '../ports/executor.ts';
import { refusalOf } from './failed.ts';
import { isUnanswered, lookAtGrants } from './grants.ts';
import { observeHolders } from './holders.ts';
import { parseNames } from './names.ts';
import { sightOf } from './sight.ts';
import type { GuestRecord, Sight, World } from './world.ts';

const FAMILIAR_MAX = 64;

/** What a pass decides on. */
export interface Observed extends ObservedGuest {
  /** Monotonic ms at which its permissions have to be looked at anew: what was said a moment ago was not asked for again. */
  readonly staleAt?: number;
}

/** Everything that a pass decides on, asked for at once: the executor answers in order. */
export async function observeGuest(
  world: World,
  record: GuestRecord,
  desired: readonly DesiredNode[],
): Promise<Answer<Observed>> {
  const { executor } = world.ports;
  const { name } = record.guest;
  // Kept before it is answered: a change meanwhile makes the next pass ask again.
  record.names ??= readNames(executor, name);
  const paths = ['/dev', ...observedPaths(desired, record.ledger), ...record.familiar];
  record.familiar = familiarAfter(record, desired);
  const [sight, names, holders] = await Promise.all([
    look(world, record, [...new Set(paths)].sort()),
    record.names,
    observeHolders(executor, record),
  ]);
  if (!sight.ok) return sight;
  if (!holders.ok) return holders;
  const configured = () => world.ports.guests.configuredDevices(name);
  const restored = hadOurs(sight.value, record) ? configured() : undefined;
  const seen = withHeld(sight.value, record, restored);
  const { entries, policy, runtime, adoptable, grants: _, ...said } = seen;
  const grants = restored ?? allowed(seen, configured);
  if (grants === undefined && desired.length + record.ledger.grants.length > 0)
    return { ok: false, failed: { errno: 'ENODATA', call: 'policy', subject: name } };
  const value = { entries, policy, grants: grants ?? [], names, ...holders.value };
  return { ok: true, value: { ...value, ...said, ...(restored && { isStripped: true }) } };
}

/**
 * What the guest may open without a program of ours. The runtime's own list is whole where its configuration has one: what
 * an operator took out of it is not to come back. Else it may hold nothing but what somebody added.
 */
function allowed(
  { policy, grants, runtime, heldProgram }: GrantsSeen,
  configured: () => readonly Grant[] | undefined,
): readonly Grant[] | undefined {
  if (heldProgram !== undefined) return grants;
  if (policy === 'foreign') return runtime ?? configured();
  if (policy !== 'drifted' || runtime === undefined) return grants;
  return configured() === undefined ? [...grants, ...runtime] : runtime;
}

function familiarAfter({ familiar }: GuestRecord, desired: readonly DesiredNode[]): readonly string[] {
  const wanted = desired.flatMap(({ path, links }) => [path, ...links].flatMap(foldersAbove));
  return [...new Set([...wanted, ...familiar])].slice(0, FAMILIAR_MAX);
}

async function look(
  world: World,
  record: GuestRecord,
  paths: readonly string[],
): Promise<Answer<Sight & Pick<Observed, 'staleAt'>>> {
  const known = sightOf(record, paths);
  if (known !== undefined) return { ok: true, value: known };
  const { reports } = record;
  const { name } = record.guest;
  const [entries, { answer, staleAt }] = await Promise.all([
    world.ports.executor.observe(name, paths),
    lookAtGrants(world, record),
  ]);
  if (!entries.ok) return entries;
  const granted = answer.ok ? answer : unanswered(name, answer.failed);
  if (!granted.ok) return granted;
  const sight = { entries: entries.value, ...granted.value };
  if (record.reports === reports && staleAt === undefined && answer.ok) record.sight = sight;
  return { ok: true, value: { ...sight, ...(staleAt !== undefined && { staleAt }) } };
}

// A guest's first program is the runtime's. One that came in the place of ours was put there to deny something.
function hadOurs({ adoptable, unreadProgram }: GrantsSeen, { ledger }: GuestRecord): boolean {
  return ledger.adopted === true && (adoptable === true || unreadProgram !== undefined);
}

// Without a list ours would deny what the runtime had allowed.
function withHeld<Seen extends GrantsSeen>(
  seen: Seen,
  { ledger }: GuestRecord,
  restored: readonly Grant[] | undefined,
): Seen {
  const { unreadProgram } = seen;
  const isHeld = ledger.adopted === true && restored === undefined && unreadProgram !== undefined;
  return isHeld ? { ...seen, heldProgram: unreadProgram } : seen;
}

// systemd is asked only of what is confined.
function unanswered(guest: string, failed: Failed): Answer<GrantsSeen & Pick<Sight, 'unanswered'>> {
  const refusal = isUnanswered(failed) ? refusalOf(guest, undefined, failed) : undefined;
  if (refusal === undefined) return { ok: false, failed };
  return { ok: true, value: { policy: 'confined', grants: [], unanswered: refusal } };
}

// A guest without these files has no names; numbers still work.
async function readNames(executor: Executor, guest: string): Promise<GuestNames> {
  const files = await Promise.all([executor.readFile(guest, '/etc/passwd'), executor.readFile(guest, '/etc/group')]);
  const [passwd = '', group = ''] = files.map((file) => (file.ok ? file.value : ''));
  return parseNames(passwd, group);
}
