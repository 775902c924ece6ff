import type { SinkSettings } from '../../model/alert.ts';
import type { AlertSink } from '../../ports/alert-sink.ts';
import { alertmanagerSink } from './alertmanager.ts';
import { commandSink } from './command.ts';
import { mailSink } from './mail.ts';
import { webhookSink } from './webhook.ts';

const SENDMAIL = '/usr/sbin/sendmail';

/** The sinks of the configuration. `sendmail` is what hands mail over. */
export function openSinks(settings: readonly SinkSettings[], sendmail = SENDMAIL): readonly AlertSink[] {
  const seen = new Map<string, number>();
  return settings.map((one) => {
    const sink = openSink(one, sendmail);
    const count = (seen.get(sink.name) ?? 0) + 1;
    seen.set(sink.name, count);
    return count === 1 ? sink : { ...sink, name: `${sink.name} (${count})` };
  });
}

function openSink(settings: SinkSettings, sendmail: string): AlertSink {
  switch (settings.kind) {
    case 'alertmanager':
      return alertmanagerSink(settings);
    case 'webhook':
      return webhookSink(settings);
    case 'command':
      return commandSink(settings.command);
    case 'mail':
      return mailSink(settings.address, sendmail);
  }
}
