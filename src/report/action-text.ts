import type { Action } from '../model/action.ts';
import type { Ownership } from '../model/node.ts';

/** One action in words: `node /dev/ttyUSB0 c:188:1 0660 0:20`. */
export function actionText(action: Action): string {
  switch (action.verb) {
    case 'confine':
      return 'close the open device policy to the standard devices';
    case 'adopt-program':
      return `replace the device program, ${action.allowed.length} devices allowed`;
    case 'join-program':
      return `put a device program beside the one there, ${action.allowed.length} devices allowed`;
    case 'grant':
    case 'revoke':
      return `${action.verb} ${action.number} ${action.access}`;
    case 'make-folder':
      return `make folder ${action.path}`;
    case 'remove-folder':
      return `remove folder ${action.path}`;
    case 'make-node':
      return `make ${action.path} ${action.number} ${ownershipText(action.ownership)}`;
    case 'set-node':
      return `set ${action.path} to ${ownershipText(action.ownership)}`;
    case 'remove-node':
      return `remove ${action.path} ${action.number}`;
    case 'make-link':
      return `link ${action.path} to ${action.target}`;
    case 'remove-link':
      return `remove link ${action.path}`;
    case 'let-listen':
      return 'let its programs listen for devices';
    case 'tell':
      return `tell ${action.event} /dev/${action.news.kernel.DEVNAME}`;
    case 'signal':
      return `send SIG${action.signal} to ${action.command} (${action.pid})`;
  }
}

/** `0660 0:107`: mode, owner and group as the guest counts. */
export function ownershipText({ mode, uid, gid }: Ownership): string {
  return `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;
}
