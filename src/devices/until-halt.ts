import type { GuestLedger, OwnedNode } from '../model/ledger.ts';
import type { DesiredNode } from '../model/node.ts';

/**
 * What a guest keeps until it has ended. Hardware goes before it is asked to halt, so that whoever waits for it has it then; but a
 * disk may be mounted, and what is no hardware, such as tun and fuse, may be what its services end with. One device stays or
 * goes as a whole.
 */
export function keptUntilEnd(nodes: readonly DesiredNode[]): readonly DesiredNode[] {
  const stays = ({ number, device }: DesiredNode) => number.type === 'b' || isVirtual(device);
  const roots = new Set(nodes.filter(stays).map(({ group }) => group?.root));
  return nodes.filter((node) => stays(node) || (node.group !== undefined && roots.has(node.group.root)));
}

/** The ledger, where nobody is to be ended who still holds what goes: all of them end in a moment. */
export function heldSoftly(ledger: GuestLedger, kept: readonly DesiredNode[]): GuestLedger {
  const nodes = ledger.nodes.map((node): OwnedNode => (isKept(node, kept) ? node : { ...node, unplug: 'keep' }));
  return { ...ledger, nodes };
}

/** Whether something of it still is in the guest that goes. */
export function hasMore(ledger: GuestLedger, kept: readonly DesiredNode[]): boolean {
  return ledger.nodes.some((node) => !isKept(node, kept));
}

function isKept({ path }: OwnedNode, kept: readonly DesiredNode[]): boolean {
  return kept.some((one) => one.path === path);
}

function isVirtual(device: string): boolean {
  return device.startsWith('/devices/virtual/');
}
