import type { AlertMessage } from '../../model/alert-message.ts';
import type { AlertSink } from '../../ports/alert-sink.ts';
import type { SinkTestView } from '../../ports/alerts-view.ts';
import type { Clock } from '../../ports/clock.ts';
import { sendInTime } from './send-in-time.ts';

/** Sends an alert that means nothing, and says what became of it. */
export async function testSink(sink: AlertSink, instance: string, clock: Clock): Promise<SinkTestView> {
  const begin = clock.now();
  const sent = await sendInTime(sink, [testMessage(instance, clock.calendar())], clock);
  const tookMs = Math.round(clock.now() - begin);
  return { sink: sink.name, ok: sent.ok, ...(!sent.ok && { reason: sent.reason }), tookMs };
}

function testMessage(instance: string, startsAt: string): AlertMessage {
  return {
    status: 'firing',
    labels: { alertname: 'HostlerTest', guest: 'none', resource: 'none', severity: 'info', instance },
    annotations: {
      summary: `a test of alerts from ${instance}`,
      description: 'Somebody asked hostler to send a test alert; nothing is wrong.',
      runbook: 'nothing to do',
    },
    startsAt,
  };
}
