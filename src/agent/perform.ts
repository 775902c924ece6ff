import type { Action } from '../model/action.ts';
import type { Answer, Executor, Failed } from '../ports/executor.ts';
import { isOfWholeGuest } from './failed.ts';

/**
 * Performs a plan and answers for each action. The executor stops at a failure; where nothing behind it depends on what failed,
 * the rest is asked for again: one owner that cannot be set must not keep another device away.
 */
export async function perform(
  executor: Pick<Executor, 'apply'>,
  guest: string,
  actions: readonly Action[],
): Promise<readonly Answer<void>[]> {
  const answers = await executor.apply(guest, actions);
  const at = answers.findIndex(({ ok }) => !ok);
  const failed = answers[at];
  const rest = actions.slice(at + 1);
  if (failed === undefined || failed.ok || rest.length === 0 || !standsAlone(actions[at], failed.failed))
    return answers;
  return [...answers.slice(0, at + 1), ...(await perform(executor, guest, rest))];
}

// A node needs its permission, what is in a folder needs the folder, and a permission goes before its node: these end a plan.
function standsAlone(action: Action | undefined, failed: Failed): boolean {
  if (isOfWholeGuest(failed)) return false;
  switch (action?.verb) {
    case 'set-node':
    case 'remove-node':
    case 'remove-link':
    case 'remove-folder':
    case 'make-link':
    case 'signal':
    case 'let-listen':
    case 'tell':
      return true;
    default:
      return false;
  }
}
