import { bytesText } from '../model/amount-text.ts';
import type { LimitRow } from '../model/limit.ts';
import { isNotable } from '../model/notable-row.ts';
import type { OpenAlertView } from '../ports/alerts-view.ts';
import type { GuestMetrics, MetricsView } from '../ports/metrics-view.ts';
import { alertState, levelText } from './alert-state.ts';
import { type Html, html } from './html.ts';

/** What there is to see for people where Prometheus reads: one page without scripts, and without anything from elsewhere. */
export function statusPage({ status, guests, alerts: { open } }: MetricsView): string {
  const title = html`hostler ${status.version}`;
  const { running, stopped, failing } = status.guests;
  const rows = guests.map((one) => guestRow(one, open));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p>Guests: ${running} running, ${stopped} stopped, ${failing} that lack something. The agent runs since ${status.since}. <a href="/metrics">Metrics</a></p>
<table>
<caption>Guests</caption>
<thead><tr><th scope="col">Guest</th><th scope="col">State</th><th scope="col">Hit, or near its limit</th><th scope="col">Alerts</th></tr></thead>
<tbody>
${rows.length === 0 ? [NO_GUESTS] : rows}</tbody>
</table>
</body>
</html>
`.text;
}

const STYLE = html`body{font:1em/1.4 sans-serif;margin:1em}table{border-collapse:collapse}caption{text-align:left;font-weight:bold}th,td{text-align:left;vertical-align:top;padding:.2em 1em .2em 0;border-bottom:1px solid #ccc}ul{margin:0;padding:0;list-style:none}.bad{color:#b00}`;
const NO_GUESTS = html`<tr><td colspan="4">There are none on this host.</td></tr>
`;

function guestRow({ guest, rows }: GuestMetrics, open: readonly OpenAlertView[]): Html {
  const { name, state, converged } = guest;
  const alerts = open.filter((alert) => alert.guest === name && alert.phase !== 'pending');
  const lacks = converged ? html`` : html`, <span class="bad">something is to be done</span>`;
  const limits = list(rows.filter(isNotable).map(limitText));
  return html`<tr><th scope="row">${name}</th><td>${state}${lacks}</td><td>${limits}</td><td>${list(alerts.map(alertText))}</td></tr>
`;
}

function list(entries: readonly Html[]): Html {
  return entries.length === 0 ? html`` : html`<ul>${entries.map((entry) => html`<li>${entry}</li>`)}</ul>`;
}

// Of CPU time what is held grows for ever; what is of interest is how often it was held back.
function limitText({ resource, unit, held, limit, hits }: LimitRow): Html {
  const amount = (value: number) => (unit === 'bytes' ? bytesText(value) : String(value));
  const share =
    unit === 'cpu' || held === undefined || limit === undefined ? '' : ` ${amount(held)} of ${amount(limit)}`;
  const hit = hits === 0 ? html`` : html` <span class="bad">${hits} ${hits === 1 ? 'hit' : 'hits'}</span>`;
  return html`${resource}${share}${hit}`;
}

function alertText(alert: OpenAlertView): Html {
  const { resource, since, hits, level } = alert;
  const state = html`<span class="bad">${resource} ${alertState(alert)}</span>`;
  const at = level === undefined ? '' : ` at ${levelText(level)}`;
  return html`${state}${at}${hits === 0 ? '' : `, ${hits} ${hits === 1 ? 'hit' : 'hits'}`}, since ${since}`;
}
