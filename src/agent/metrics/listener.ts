import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../../model/config.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsServer } from '../../ports/metrics-server.ts';
import { backoffMs } from '../backoff.ts';
import type { Reporter } from '../reporter.ts';

interface ListenerPorts {
  readonly clock: Pick<Clock, 'now' | 'wake'>;
  readonly metricsServer: MetricsServer;
}

/** Lets metrics be read where the configuration says; where that cannot be it is told once and tried again. */
export class MetricsListener {
  readonly #ports: ListenerPorts;
  readonly #report: Pick<Reporter, 'refusal'>;
  #at: Settings['metrics'] = 'off';
  #refusal: Refusal | undefined;

  constructor(ports: ListenerPorts, report: Pick<Reporter, 'refusal'>) {
    this.#ports = ports;
    this.#report = report;
  }

  /** As the configuration says from now on. */
  use(at: Settings['metrics']): void {
    if (isDeepStrictEqual(at, this.#at)) return;
    this.#at = at;
    void this.#listen(at, 1);
  }

  warnings(): readonly Refusal[] {
    return this.#refusal === undefined ? [] : [this.#refusal];
  }

  async #listen(at: Settings['metrics'], tries: number): Promise<void> {
    const { clock, metricsServer } = this.#ports;
    if (at !== this.#at) return; // another one is in force by now
    const refusal = await metricsServer.listen(at);
    if (at !== this.#at) return;
    this.#refusal = refusal;
    if (refusal === undefined) return;
    if (tries === 1) this.#report.refusal(refusal);
    clock.wake(clock.now() + backoffMs(tries), () => void this.#listen(at, tries + 1));
  }
}
