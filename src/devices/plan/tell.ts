import type { Action } from '../../model/action.ts';
import type { OwnedNode, Told } from '../../model/ledger.ts';
import type { NumberText } from '../../model/number.ts';
import { numberText } from '../../model/number.ts';
import { newsAt } from '../news.ts';
import { linkKey } from '../node-key.ts';
import { sameValue } from '../same.ts';
import type { LinkPart } from './link.ts';
import type { NodePart } from './node.ts';
import type { Scene } from './scene.ts';

/** How the guest's own programs come to know what it has. */
export interface Telling {
  /** After nodes and links: nothing waits for them. What is gone first, since its number may be another's by now. */
  readonly actions: readonly Action[];
  readonly told: readonly Told[];
  readonly listens: boolean;
  /** `tellKey` of all that the guest does not know yet, also of what nobody tries for now. */
  readonly toTell: readonly string[];
}

/** What nobody tries before some time (monotonic ms; infinite: not in this start), by what `tellKey` says of an action. */
export type Muted = ReadonlyMap<string, { readonly until: number }>;

/** One name for all tries to tell the same of the same device. */
export function tellKey(action: Extract<Action, { verb: 'tell' | 'let-listen' }>): string {
  if (action.verb !== 'tell') return action.verb;
  return `${action.event === 'remove' ? 'end of ' : ''}${action.number} ${action.news.kernel.DEVPATH}`;
}

/**
 * A device is told of when its node and its links are there, and once more when they are gone. `kept`: what is still there
 * although it is not wanted. A node whose rule says no more that it is told goes on being known until it is gone. An end that
 * could not be told in all tries is over and done with. A device whose module is not loaded is told of when it is.
 */
export function planTelling(
  nodes: readonly NodePart[],
  links: readonly LinkPart[],
  kept: readonly OwnedNode[],
  { ledger: { told: before = [], listens } }: Scene,
  { tells, muted }: { readonly tells: boolean; readonly muted: Muted },
): Telling {
  const wanted = toTell(nodes, links);
  const still = new Set([...kept, ...nodes.flatMap(silentNode)].map(({ number }) => number));
  const known = new Map(before.map((one) => [one.number, one]));
  const gone = before.filter((one) => !still.has(one.number) && wanted.get(one.number)?.device !== one.device);
  const fresh = [...wanted.values()].filter((one) => !sameValue(known.get(one.number), one));
  const ends = gone.map(({ number, news }) => tell('remove', number, news));
  const givenUp = ends.filter((end) => muted.get(tellKey(end))?.until === Number.POSITIVE_INFINITY);
  const all: readonly Tell[] = [
    ...ends.filter((end) => !givenUp.includes(end)),
    ...fresh.map((one) => tell(isKnown(known.get(one.number), one) ? 'change' : 'add', one.number, one.news)),
  ];
  const actions = all.filter((action) => !muted.has(tellKey(action)));
  const listening: readonly Action[] = tells && listens !== true ? [{ verb: 'let-listen' }] : [];
  const listen = muted.has('let-listen') ? [] : listening;
  return {
    actions: [...listen, ...actions],
    told: [...givenUp, ...actions].reduce((told, action) => toldAfter(told, action, wanted.get(action.number)), before),
    listens: listens === true || listen.length > 0,
    toTell: [...listening.map(({ verb }) => verb), ...all.map(tellKey)],
  };
}

function isKnown(before: Told | undefined, { device }: Told): boolean {
  return before !== undefined && before.device === device && before.unsure !== true;
}

type Tell = Extract<Action, { verb: 'tell' }>;

/** What the guest knows when this one action is done. */
export function toldAfter(told: readonly Told[], { event, number }: Tell, now: Told | undefined): readonly Told[] {
  const others = told.filter((one) => one.number !== number);
  return event === 'remove' || now === undefined ? others : [...others, now].sort(byNumber);
}

/** What the guest may know when only some of these actions are done, and nobody knows which. */
export function toldPerhaps(
  before: readonly Told[],
  actions: readonly Action[],
  after: readonly Told[],
): readonly Told[] {
  const tells = actions.filter((action) => action.verb === 'tell');
  const removed = new Set(tells.flatMap(({ event, number }) => (event === 'remove' ? number : [])));
  const added = after.filter(({ number }) => !removed.has(number) && tells.some((one) => one.number === number));
  const others = before.filter(({ number }) => !added.some((one) => one.number === number));
  return [...others, ...added.map((one) => ({ ...one, unsure: true as const }))].sort(byNumber);
}

function byNumber(a: Told, b: Told): number {
  return a.number < b.number ? -1 : 1;
}

function tell(event: Tell['event'], number: NumberText, news: Told['news']): Tell {
  return { verb: 'tell', event, number, news };
}

// One device a number, whatever many paths it has: the first is its name, and all links are its links.
function toTell(nodes: readonly NodePart[], links: readonly LinkPart[]): ReadonlyMap<NumberText, Told> {
  const there = new Set(links.flatMap(({ owned }) => (owned ? linkKey(owned) : [])));
  const all = new Map<NumberText, Told>();
  for (const { desired, owned, there: isThere } of nodes) {
    if (desired.news === undefined || owned === undefined || !isThere) continue;
    const { path, device } = desired;
    const number = numberText(desired.number);
    const first = all.get(number);
    const own = desired.links.filter((link) => there.has(linkKey({ path: link, target: path })));
    const news = first
      ? { ...first.news, links: [...first.news.links, ...own].sort() }
      : newsAt(desired.news, path, own);
    all.set(number, { number, device, news });
  }
  return all;
}

function silentNode({ desired, owned, there }: NodePart): readonly OwnedNode[] {
  return desired.news === undefined && !desired.unloaded && owned !== undefined && there ? [owned] : [];
}
