import type { AlertsView, OpenAlertView, RecentAlertView, SinkTestView, SinkView } from '../../ports/alerts-view.ts';
import { alertState, levelText } from '../../report/alert-state.ts';
import { target } from '../ask.ts';
import type { Run } from '../command.ts';
import { reading, writing } from '../reading.ts';
import { columns } from '../table.ts';
import type { Line, Span } from '../terminal.ts';

export const alerts: Run = (invocation) => {
  const [word, sink] = invocation.args;
  if (word === undefined) return show(invocation);
  if (word === 'test') return test(invocation);
  const detail = `"${word}" is not understood; only test${sink === undefined ? '' : ' SINK'} is`;
  return Promise.resolve(invocation.terminal.fail({ code: 'E_USAGE', subject: 'alerts', detail }));
};

const ALERTS = ['STATE', 'GUEST', 'RESOURCE', 'SINCE', 'UNTIL', 'HITS', 'LEVEL'];
const SINKS = ['SINK', 'WAITING', 'SENT', 'UNDELIVERED', 'PROBLEM'];

const show = reading<AlertsView>(
  () => '/v1/alerts',
  ({ open, recent, sinks }, { options, terminal }) => {
    const legend = (names: readonly string[]) => (options['no-legend'] ? [] : names);
    const rows = [...open.map(openRow), ...recent.map(recentRow)];
    if (rows.length > 0) terminal.print(...columns(legend(ALERTS), rows));
    else terminal.say('no alerts');
    if (sinks.length > 0) terminal.print(...apart(rows.length > 0), ...columns(legend(SINKS), sinks.map(sinkRow)));
    else terminal.say('no sinks are written in hostler.yaml; alerts go to the journal only');
  },
);

const test = writing<readonly SinkTestView[]>(
  ({ args: [, sink] }) => target('/v1/alerts/test', { sink }),
  (tested, { terminal }) => {
    terminal.print(...columns([], tested.map(testRow)));
    if (tested.length === 0) terminal.say('no sinks are written in hostler.yaml; alerts go to the journal only');
  },
  (tested) => (tested.every(({ ok }) => ok) ? 0 : 1),
);

function apart(isNeeded: boolean): readonly Line[] {
  return isNeeded ? [''] : [];
}

function openRow(alert: OpenAlertView): readonly Span[] {
  const { guest, resource, severity, since, hits, level } = alert;
  const colour = severity === 'critical' ? 'red' : 'yellow';
  const share = level === undefined ? '-' : levelText(level);
  return [{ text: alertState(alert), colour }, guest, resource, since, '-', String(hits), share];
}

function recentRow({ guest, resource, since, until, hits }: RecentAlertView): readonly Span[] {
  return ['over', guest, resource, since, until, String(hits), '-'];
}

function sinkRow({ sink, waiting, sent, undelivered, failing }: SinkView): readonly Span[] {
  const problem: Span = failing === undefined ? '-' : { text: failing, colour: 'red' };
  return [sink, String(waiting), String(sent), String(undelivered), problem];
}

function testRow({ sink, ok, reason, tookMs }: SinkTestView): readonly Span[] {
  const verdict: Span = ok ? { text: 'taken', colour: 'green' } : { text: 'not taken', colour: 'red' };
  return [sink, verdict, `${tookMs} ms`, ...(reason === undefined ? [] : [reason])];
}
