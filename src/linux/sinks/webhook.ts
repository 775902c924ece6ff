import { hash } from 'node:crypto';
import type { HttpSinkSettings } from '../../model/alert.ts';
import type { AlertMessage } from '../../model/alert-message.ts';
import type { AlertSink } from '../../ports/alert-sink.ts';
import { post } from './post.ts';

/** Each message is posted by itself: receivers of few lines look at the first alert of the list alone. */
const MOST = 1;
/** What Alertmanager writes for an alert that goes on. */
const NO_END = '0001-01-01T00:00:00Z';

/** Whoever understands the webhooks of Alertmanager, version 4, understands these. */
export function webhookSink(settings: Omit<HttpSinkSettings, 'kind'>): AlertSink {
  const { origin } = new URL(settings.url); // the rest of an address is often a secret
  return {
    name: `webhook ${origin}`,
    most: MOST,
    send: (messages, signal) => post(settings, bodyOf(messages), signal),
  };
}

function bodyOf(messages: readonly AlertMessage[]) {
  const [first] = messages;
  return {
    version: '4',
    groupKey: groupKey(first),
    truncatedAlerts: 0,
    status: messages.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: 'hostler',
    groupLabels: first?.labels ?? {},
    commonLabels: first?.labels ?? {},
    commonAnnotations: first?.annotations ?? {},
    externalURL: '',
    alerts: messages.map((message) => ({
      ...message,
      endsAt: message.endsAt ?? NO_END,
      generatorURL: '',
      fingerprint: fingerprint(message),
    })),
  };
}

function groupKey(message: AlertMessage | undefined): string {
  const labels = Object.entries(message?.labels ?? {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{}:{${labels.sort().join(', ')}}`;
}

// The same for the same alert; that it is Alertmanager's own is not promised anywhere.
function fingerprint(message: AlertMessage): string {
  return hash('sha256', groupKey(message)).slice(0, 16);
}
