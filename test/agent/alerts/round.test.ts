import { expect, test } from 'vitest';
import { Round } from '../../../src/agent/alerts/round.ts';
import type { AlertMessage } from '../../../src/model/alert-message.ts';
import { messageOf } from '../../contract/alert-message.ts';

function alertOf(guest: string, resource = 'rss'): AlertMessage {
  return messageOf({ labels: { ...messageOf().labels, guest, resource } });
}

const ALL = ['web1', 'web2', 'web3'].map((guest) => alertOf(guest));

test('each has its turn before a new round begins', () => {
  const round = new Round();
  round.begin(ALL);
  expect(round.take(2)).toEqual(ALL.slice(0, 2));
  round.begin(ALL);
  expect(round.take(2)).toEqual(ALL.slice(2));
  expect(round.take(2)).toEqual([]);
  round.begin(ALL);
  expect(round.take(9)).toEqual(ALL);
});

test('what there is news of is left out, and no other alert of its guest', () => {
  const round = new Round();
  round.begin([...ALL, alertOf('web1', 'cpu')]);
  round.leaveOut({ ...alertOf('web1'), status: 'resolved' });
  expect(round.take(9)).toEqual([...ALL.slice(1), alertOf('web1', 'cpu')]);
});
