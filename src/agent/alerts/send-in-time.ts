import type { AlertMessage } from '../../model/alert-message.ts';
import type { AlertSink, Sent } from '../../ports/alert-sink.ts';
import type { Clock } from '../../ports/clock.ts';

export const SEND_MS = 10_000;

/** The sink's answer, or that there was none in time. */
export function sendInTime(sink: AlertSink, messages: readonly AlertMessage[], clock: Clock): Promise<Sent> {
  return new Promise((resolve) => {
    const abort = new AbortController();
    const cancel = clock.wake(clock.now() + SEND_MS, () => {
      abort.abort();
      resolve({ ok: false, reason: `gave no answer in ${SEND_MS / 1000} s`, isFinal: false });
    });
    const end = (sent: Sent) => {
      cancel();
      resolve(sent);
    };
    // Also when there is no descriptor left for a process or a socket.
    sink.send(messages, abort.signal).then(end, (error) => end({ ok: false, reason: String(error), isFinal: false }));
  });
}
