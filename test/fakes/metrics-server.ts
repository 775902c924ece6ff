import type { Address } from '../../src/model/config.ts';
import type { Refusal } from '../../src/model/failure.ts';
import type { MetricsServer } from '../../src/ports/metrics-server.ts';

/** A server that remembers where it was to listen. */
export interface FakeMetricsServer extends MetricsServer {
  readonly asked: readonly (Address | 'off')[];
  /** What it answers from now on. */
  trouble: Refusal | undefined;
}

export function fakeMetricsServer(): FakeMetricsServer {
  const asked: (Address | 'off')[] = [];
  return {
    asked,
    trouble: undefined,
    async listen(at) {
      asked.push(at);
      return this.trouble;
    },
  };
}
