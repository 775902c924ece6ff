import { failureText } from '../../model/failure.ts';
import type { EndReason, StopTimes } from '../../model/guest-history.ts';
import type { OwnedNode } from '../../model/ledger.ts';
import type { GuestView, StoppingView } from '../../ports/agent.ts';
import { counted } from '../counted.ts';
import { guestState } from '../guest-state.ts';
import { ownerText } from '../owner-text.ts';
import { reading } from '../reading.ts';
import { secondsText } from '../seconds.ts';
import { columns } from '../table.ts';
import type { Line, Span } from '../terminal.ts';

export const show = reading<GuestView>(
  ({ args: [guest = ''] }) => `/v1/guests/${encodeURIComponent(guest)}`,
  (guest, { options, terminal }) => {
    terminal.print(...columns([], facts(guest)));
    terminal.print(...nodes(guest.nodes, options['no-legend'] ?? false));
    terminal.print(...guest.refusals.map((refusal): Span => ({ text: failureText(refusal), colour: 'red' })));
  },
);

function facts(guest: GuestView): readonly (readonly Span[])[] {
  const facts: (readonly [string, Span | undefined])[] = [
    ['name', guest.name],
    ['runtime', guest.runtime],
    ['state', guestState(guest)],
    ...lifeFacts(guest.life),
    ['evidence', guest.evidence && `${guest.evidence.at}, ${guest.evidence.says}`],
    ['stop', guest.stop && stopText(guest.stop)],
    ['converged', guest.converged ? 'yes' : 'no'],
    ['pid', guest.instance && String(guest.instance.pid)],
    ['cgroup', guest.instance?.cgroup],
    ['policy', guest.policy],
    ['last pass', guest.lastPass],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function lifeFacts(life: GuestView['life']): readonly (readonly [string, Span | undefined])[] {
  if (life === undefined) return [];
  const { awaits, startedAt, end, stops, crashes, reboots, isUnclean } = life;
  return [
    ['waits until', awaits],
    ['last start', startedAt],
    ['last end', end && `${end.at}, ${ENDS[end.why]}`],
    ['stops', stops && stopsText(stops)],
    ['ended by itself', crashes === 0 ? undefined : counted(crashes, 'time')],
    ['rebooted from inside', reboots === 0 ? undefined : counted(reboots, 'time')],
    ['unclean', isUnclean && { text: 'the host died while it ran', colour: 'yellow' }],
  ];
}

const ENDS: Readonly<Record<EndReason, string>> = {
  stopped: 'stopped',
  rebooted: 'rebooted from inside',
  'by-itself': 'by itself',
  unseen: 'while no agent ran',
  host: 'with the host, unclean',
};

function stopsText({ count, killed, lastMs, mostMs }: StopTimes): string {
  const last = `${count} known, the last one took ${secondsText(lastMs)}`;
  const most = count === 1 ? '' : `, 19 of 20 at most ${secondsText(mostMs)}`;
  return `${last}${most}${killed === 0 ? '' : `, ${killed} killed`}`;
}

function stopText({ phase, leftMs, waits }: StoppingView): string {
  const left = `${phase}, ${Math.ceil(leftMs / 1000)} s left`;
  return waits === '' ? left : `${left}, ${waits}`;
}

function nodes(owned: readonly OwnedNode[], noLegend: boolean): readonly Line[] {
  if (owned.length === 0) return [];
  return ['', ...columns(noLegend ? [] : ['NODE', 'NUMBER', 'MODE', 'OWNER', 'RULE', 'DEVICE'], owned.map(nodeRow))];
}

function nodeRow(node: OwnedNode): readonly Span[] {
  return [node.path, node.number, ...ownerText(node.ownership), node.rule, node.device];
}
