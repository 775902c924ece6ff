import { policyOf } from '../../limits/policy-of.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Policy } from '../../model/policy.ts';
import type { Failed } from '../../ports/executor.ts';
import type { World } from '../world.ts';
import { dataLimit } from './data.ts';

/** Whether somebody is to hear what a guest with this policy is refused. */
export function isTraced(policy: Policy | undefined): boolean {
  return dataLimit(policy) !== undefined;
}

/** Has the kernel traced while there is a running guest for which that is wanted: it costs something at each system call. */
export class Tracing {
  readonly #wanting = new Set<string>();
  #isAsked = false;
  #refusals: readonly Refusal[] = [];

  /** Why nobody is heard of. */
  get refusals(): readonly Refusal[] {
    return this.#wanting.size > 0 ? this.#refusals : [];
  }

  /** As the policy of the guest says, if it runs. */
  wantBy(world: World, guest: string): void {
    const runs = world.records.get(guest)?.guest.instance !== undefined;
    if (runs && isTraced(policyOf(world.config, guest))) this.#wanting.add(guest);
    else this.#wanting.delete(guest);
    this.#askAsNeeded(world);
  }

  forget(world: World, guest: string): void {
    this.#wanting.delete(guest);
    this.#askAsNeeded(world);
  }

  isWantedBy(guest: string): boolean {
    return this.#wanting.has(guest);
  }

  /** The executor is another one. */
  again(): void {
    this.#isAsked = false;
  }

  #askAsNeeded(world: World): void {
    const isAny = this.#wanting.size > 0;
    if (isAny === this.#isAsked) return;
    this.#isAsked = isAny;
    void this.#ask(world, isAny);
  }

  async #ask({ ports: { host }, report }: World, isAny: boolean): Promise<void> {
    const answer = isAny ? await host.traceRefusals() : await host.untraceRefusals();
    if (!answer.ok && answer.failed.call === 'executor') return; // an executor that ended tells so itself
    const known = JSON.stringify(this.#refusals);
    this.#refusals = answer.ok ? [] : [untraced(answer.failed)];
    if (JSON.stringify(this.#refusals) !== known) for (const refusal of this.#refusals) report.refusal(refusal);
  }
}

function untraced({ subject, errno }: Failed): Refusal {
  return { code: 'W_TRACE', subject: 'tracefs', detail: `${subject} ${errno}` };
}
