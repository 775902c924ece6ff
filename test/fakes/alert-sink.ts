import type { AlertMessage } from '../../src/model/alert-message.ts';
import type { AlertSink, Sent } from '../../src/ports/alert-sink.ts';

export type Mood = 'well' | 'refuses' | 'forbids' | 'hangs';

/** A sink that does what the test says. */
export interface FakeSink extends AlertSink {
  mood: Mood;
  /** What it took, one list a sending. */
  readonly taken: (readonly AlertMessage[])[];
  /** How often it was asked. */
  asked: number;
}

export function fakeSink(name = 'fake', { most = 1, repeatMs }: { most?: number; repeatMs?: number } = {}): FakeSink {
  const sink: FakeSink = {
    name,
    most,
    ...(repeatMs !== undefined && { repeatMs }),
    mood: 'well',
    taken: [],
    asked: 0,
    async send(messages, signal) {
      sink.asked += 1;
      if (sink.mood === 'hangs') return untilAborted(signal);
      if (sink.mood !== 'well') return { ok: false, reason: sink.mood, isFinal: sink.mood === 'forbids' };
      sink.taken.push(messages);
      return { ok: true };
    },
  };
  return sink;
}

function untilAborted(signal: AbortSignal): Promise<Sent> {
  return new Promise((resolve) => {
    const end = () => resolve({ ok: false, reason: 'hangs', isFinal: false });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
