import type { Refusal } from '../../model/failure.ts';
import type { Bursts, RefillSeen } from '../../model/limit.ts';
import type { BurstsView } from '../../ports/agent.ts';
import type { Answer } from '../../ports/executor.ts';
import type { World } from '../world.ts';

/** Others on a busy host may keep it from being found out, once and again. */
const TIMES = 3;

/** How guests get what they saved up: as the settings say, else by what the kernel is found to do. */
export class BurstsChoice {
  readonly #world: () => World;
  #found: BurstsView | undefined;
  #finding: Promise<void> | undefined;

  constructor(world: () => World) {
    this.#world = world;
  }

  get by(): Bursts {
    return this.#said ?? this.#found?.by ?? 'grant';
  }

  /** Resolves when that is known for good. It costs something, and is done when it first matters. */
  async find(): Promise<void> {
    if (this.#said !== undefined || this.#found !== undefined) return;
    this.#finding ??= this.#findOut();
    await this.#finding;
    this.#finding = undefined;
  }

  /** Undefined: nobody needs to know. */
  view(): BurstsView | undefined {
    return this.#said === undefined ? this.#found : { by: this.#said, why: 'as hostler.yaml says' };
  }

  warnings(): readonly Refusal[] {
    return this.#said === undefined && this.#found?.by === 'lease' ? [leases(this.#found)] : [];
  }

  get #said(): Bursts | undefined {
    return this.#world().config.settings.bursts;
  }

  // A lease is right on every kernel: it is what is left where nothing is known.
  async #findOut(): Promise<void> {
    const { cgroups } = this.#world().ports;
    let answer = await cgroups.probeRefill();
    for (let times = 1; times < TIMES && isBusy(answer); times += 1) answer = await cgroups.probeRefill();
    if (!answer.ok && answer.failed.call === 'executor') return; // another one is asked
    const { report } = this.#world();
    const why = whyOf(answer);
    this.#found = { by: answer.ok && answer.value.refills ? 'grant' : 'lease', why };
    if (this.#found.by === 'lease') report.refusal(leases(this.#found));
    else report.fact({ kind: 'agent', says: `bursts of CPU time are grants: ${why}` });
  }
}

function leases({ why }: BurstsView): Refusal {
  return { code: 'W_BURST_LEASE', subject: 'cpu', detail: why };
}

function isBusy(answer: Answer<RefillSeen>): boolean {
  return !answer.ok && answer.failed.errno === 'ETIMEDOUT';
}

function whyOf(answer: Answer<RefillSeen>): string {
  if (!answer.ok)
    return `whether the kernel fills a quota up that is written again could not be tried: ${answer.failed.errno}`;
  const { refills, usedUs, quotaUs } = answer.value;
  const used = `${Math.round(usedUs / 1000)} ms were used of ${quotaUs / 1000} ms`;
  return refills
    ? `the kernel fills a quota up that is written again (${used})`
    : `the kernel does not fill a quota up that is written again (${used})`;
}
