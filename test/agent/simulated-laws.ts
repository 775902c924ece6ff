import type { Action } from '../../src/model/action.ts';
import type { GuestLedger } from '../../src/model/ledger.ts';
import { emptyWorld } from '../devices/world.ts';
import type { Start } from '../fakes/machine.ts';
import type { SimulatedHost } from './simulated-host.ts';

/** What an action finds just before it is done. */
interface Moment {
  readonly start: Start;
  readonly ledger: GuestLedger;
  /** What some guest has taken away itself. */
  readonly unlinked: ReadonlySet<string>;
}

/** What holds at every action, as sentences. */
const LAWS: Readonly<Record<string, (action: Action, moment: Moment) => boolean>> = {
  'nothing is done in a start that is not written down': (_action, { start: { instance }, ledger }) =>
    ledger.instance === `${instance.pid}:${instance.startTime}`,
  'a node is written down before it is made': (action, { ledger }) =>
    action.verb !== 'make-node' ||
    ledger.nodes.some(({ path, number }) => path === action.path && number === action.number),
  'a folder is written down before it is made': (action, { ledger }) =>
    action.verb !== 'make-folder' || ledger.folders.includes(action.path),
  'a node is allowed before it is made': (action, { start }) =>
    action.verb !== 'make-node' || start.world.grants.get(action.number)?.includes('r') === true,
  'a link comes after its node, unless the guest took that away': (action, { start, unlinked }) =>
    action.verb !== 'make-link' || start.world.files.has(action.target) || unlinked.has(action.target),
  'a node is denied before it is removed, unless another one has its number': (action, moment) =>
    action.verb !== 'remove-node' || isDenied(action.number, moment) || isShared(action, moment),
};

/** The laws that are broken from now on, each with the action that broke it. */
export function watchLaws({ machine, store, unlinked }: SimulatedHost): readonly string[] {
  const broken: string[] = [];
  machine.onAction = (guest, action) => {
    const start = machine.guests.get(guest);
    const ledger = store.ledger(guest);
    for (const [law, holds] of Object.entries(LAWS)) {
      const isKept = start !== undefined && ledger !== undefined && holds(action, { start, ledger, unlinked });
      if (!isKept) broken.push(`${law}: ${guest} ${JSON.stringify(action)}`);
    }
  };
  return broken;
}

function isDenied(number: string, { start }: Moment): boolean {
  return start.world.grants.get(number) === emptyWorld().grants.get(number);
}

function isShared(removed: Extract<Action, { verb: 'remove-node' }>, { start, ledger }: Moment): boolean {
  const isOther = (path: string, number: string) => path !== removed.path && number === removed.number;
  const there = [...start.world.files].some(([path, file]) => file.kind === 'device' && isOther(path, file.number));
  return there || ledger.nodes.some(({ path, number }) => isOther(path, number));
}
