import type { Refusal } from '../model/failure.ts';
import type { NumberText } from '../model/number.ts';
import type { Holder, ObservedGuest } from '../model/observed.ts';
import type { Answer, Executor } from '../ports/executor.ts';
import { detailOf, isOfWholeGuest } from './failed.ts';
import type { GuestRecord } from './world.ts';

export type HoldersSeen = Pick<ObservedGuest, 'holders' | 'unknownHolders'>;

/** Who holds what the guest has lost. A number of which that cannot be seen keeps nothing else waiting. */
export async function observeHolders(
  executor: Pick<Executor, 'holders'>,
  { guest: { name }, ledger }: Pick<GuestRecord, 'guest' | 'ledger'>,
): Promise<Answer<HoldersSeen>> {
  const numbers = [...new Set(ledger.released.map(({ number }) => number))];
  const answers = await Promise.all(numbers.map((number) => executor.holders(name, number)));
  const holders: Holder[] = [];
  const unknownHolders = new Map<NumberText, Refusal>();
  for (const [at, number] of numbers.entries()) {
    const answer = answers[at];
    if (answer?.ok) holders.push(...answer.value);
    else if (answer !== undefined && isOfWholeGuest(answer.failed)) return answer;
    else if (answer !== undefined) {
      const detail = detailOf(undefined, answer.failed);
      unknownHolders.set(number, { code: 'W_HOLDER_UNKNOWN', subject: `${name}:${number}`, detail });
    }
  }
  return { ok: true, value: { holders, unknownHolders } };
}
