import type { Action } from '../model/action.ts';
import { ownerText } from './owner-text.ts';
import type { Span } from './terminal.ts';

/** One action for people: `+ node /dev/ttyUSB0 c:188:1 0660 0:20`; + makes, - takes away, ~ changes. */
export function actionText(action: Action): Span {
  const text = words(action);
  if (text.startsWith('+')) return { text, colour: 'green' };
  return text.startsWith('-') ? { text, colour: 'red' } : { text, colour: 'yellow' };
}

function words(action: Action): string {
  switch (action.verb) {
    case 'confine':
      return '~ confine to the standard devices';
    case 'adopt-program':
    case 'join-program':
      return `~ device program ${action.allowed.map(({ number, access }) => `${number} ${access}`).join(', ')}`;
    case 'grant':
      return `+ grant ${action.number} ${action.access}`;
    case 'revoke':
      return `- grant ${action.number} ${action.access}`;
    case 'make-folder':
      return `+ folder ${action.path}`;
    case 'remove-folder':
      return `- folder ${action.path}`;
    case 'make-node':
      return `+ node ${action.path} ${action.number} ${ownerText(action.ownership).join(' ')}`;
    case 'set-node':
      return `~ node ${action.path} ${action.number} ${ownerText(action.ownership).join(' ')}`;
    case 'remove-node':
      return `- node ${action.path} ${action.number}`;
    case 'make-link':
      return `+ link ${action.path} -> ${action.target}`;
    case 'remove-link':
      return `- link ${action.path} -> ${action.target}`;
    case 'let-listen':
      return '~ let its programs listen for devices';
    case 'tell':
      return `~ tell ${action.event} /dev/${action.news.kernel.DEVNAME} ${action.number}`;
    case 'signal':
      return `~ signal ${action.signal} to ${action.command} (${action.pid})`;
  }
}
