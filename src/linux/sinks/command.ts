import type { CommandSinkSettings } from '../../model/alert.ts';
import type { AlertMessage } from '../../model/alert-message.ts';
import { printableJson } from '../../model/printable.ts';
import type { AlertSink } from '../../ports/alert-sink.ts';
import { runProgram } from './run-program.ts';

/** A program that is run for each message. */
export function commandSink(command: CommandSinkSettings['command']): AlertSink {
  return {
    name: `command ${command[0]}`,
    most: 1,
    async send(messages, signal) {
      for (const message of messages) {
        const sent = await runProgram(command, `${printableJson(message)}\n`, environmentOf(message), signal);
        if (!sent.ok) return sent;
      }
      return { ok: true };
    },
  };
}

function environmentOf({
  status,
  labels,
  annotations,
  startsAt,
  endsAt,
}: AlertMessage): Readonly<Record<string, string>> {
  return {
    HOSTLER_STATUS: status,
    HOSTLER_ALERT: labels.alertname,
    HOSTLER_GUEST: labels.guest,
    HOSTLER_RESOURCE: labels.resource,
    HOSTLER_SEVERITY: labels.severity,
    HOSTLER_INSTANCE: labels.instance,
    HOSTLER_SUMMARY: annotations.summary,
    HOSTLER_STARTS_AT: startsAt,
    ...(endsAt !== undefined && { HOSTLER_ENDS_AT: endsAt }),
  };
}
