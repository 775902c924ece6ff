import type { HttpSinkSettings } from '../../model/alert.ts';
import type { AlertMessage } from '../../model/alert-message.ts';
import type { AlertSink } from '../../ports/alert-sink.ts';
import { post } from './post.ts';

const REPEAT_MS = 60_000;
/** Without news for so long, it is taken for over: as Prometheus has it, four times the repetition. */
const EXPIRES_MS = 4 * REPEAT_MS;
const MOST = 64;

/** The API of Alertmanager, version 2. An alert that is not repeated is over for it, so what goes on is told again. */
export function alertmanagerSink(settings: Omit<HttpSinkSettings, 'kind'>): AlertSink {
  const url = new URL(settings.url);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
  return {
    name: `alertmanager ${url.origin}`,
    most: MOST,
    repeatMs: REPEAT_MS,
    send: (messages, signal) => post({ ...settings, url: url.href }, messages.map(alertOf), signal),
  };
}

function alertOf({ labels, annotations, startsAt, endsAt }: AlertMessage) {
  const expiry = new Date(Math.max(Date.now(), Date.parse(startsAt)) + EXPIRES_MS).toISOString();
  return { labels, annotations, startsAt, endsAt: endsAt ?? expiry };
}
