import { pluggedAs } from '../../src/devices/identity.ts';
import type { Action } from '../../src/model/action.ts';
import type { GuestLedger } from '../../src/model/ledger.ts';
import { numberText } from '../../src/model/number.ts';
import type { Start } from '../fakes/machine.ts';
import { KEPT_FOR_ONE } from './simulated-devices.ts';
import { mayOpen, modelOf, type SimulatedHost } from './simulated-host.ts';

/** What an action finds just before it is done. */
interface Moment {
  readonly start: Start;
  readonly ledger: GuestLedger;
  /** What some guest has taken away itself. */
  readonly unlinked: ReadonlySet<string>;
  /** Whom a device of which only one guest may have one is kept from, since another one has it: by permission or by a program. */
  readonly rivals: (number: string) => readonly string[];
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
  'nobody is allowed what only one may have while another one may open it, or a program there has it open': (
    action,
    { rivals },
  ) => action.verb !== 'grant' || rivals(action.number).length === 0,
  'a link comes after its node, unless the guest took that away': (action, { start, unlinked }) =>
    action.verb !== 'make-link' || start.world.files.has(action.target) || unlinked.has(action.target),
  'a node is denied before it is removed, unless another one has its number': (action, moment) =>
    action.verb !== 'remove-node' || isDenied(action.number, moment) || isShared(action, moment),
};

/** The laws that are broken from now on, each with the action that broke it. */
export function watchLaws(host: SimulatedHost): readonly string[] {
  const { machine, store, unlinked } = host;
  const broken: string[] = [];
  machine.onAction = (guest, action) => {
    const start = machine.guests.get(guest);
    const ledger = store.ledger(guest);
    const rivals = (number: string) => (ledger === undefined ? [] : rivalsOf(host, guest, number, ledger));
    for (const [law, holds] of Object.entries(LAWS)) {
      const isKept = start !== undefined && ledger !== undefined && holds(action, { start, ledger, unlinked, rivals });
      if (!isKept) broken.push(`${law}: ${guest} ${JSON.stringify(action)}`);
    }
  };
  return broken;
}

/**
 * The other guests that have what the rules only ever give to one alone. A number that went to another device since the agent
 * looked is not what it gives: that device it has yet to hear of.
 */
function rivalsOf(
  { machine, held }: SimulatedHost,
  guest: string,
  number: string,
  { nodes }: GuestLedger,
): readonly string[] {
  const device = machine.devices.find((one) => one.number && numberText(one.number) === number);
  if (device === undefined || !KEPT_FOR_ONE.includes(modelOf(device))) return [];
  if (!nodes.some((node) => node.number === number && node.device === pluggedAs(device))) return [];
  return [...machine.guests].flatMap(([name, start]) => {
    if (name === guest || start === undefined) return [];
    const hasOpen = start.world.holders.some((one) => one.number === number && held.get(one.pid) === device.devpath);
    return hasOpen || mayOpen(start, number) ? [name] : [];
  });
}

function isDenied(number: string, { start }: Moment): boolean {
  return !mayOpen(start, number);
}

function isShared(removed: Extract<Action, { verb: 'remove-node' }>, { start, ledger }: Moment): boolean {
  const isOther = (path: string, number: string) => path !== removed.path && number === removed.number;
  const there = [...start.world.files].some(([path, file]) => file.kind === 'device' && isOther(path, file.number));
  return there || ledger.nodes.some(({ path, number }) => isOther(path, number));
}
