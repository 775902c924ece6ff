import { claimant } from '../model/claimant.ts';
import type { Refusal } from '../model/failure.ts';
import type { Channel } from './channel.ts';

/** The executor of an agent that was killed still gives back what guests are to have without it. */
const TRIES = 20;
const REST_MS = 100;

/**
 * Makes the guests of a folder this executor's alone on the host, whatever the run folders of agents are: the kernel ends that with
 * the executor. Answers what is against it; a folder that is not there has no guests.
 */
export async function claimGuests(channel: Channel, lxcPath: string): Promise<Refusal | undefined> {
  for (let tries = 1; ; tries++) {
    const answer = await channel.request('claim-folder', lxcPath);
    if (answer.ok) return undefined;
    const { errno, call, subject } = answer.failed;
    if (call === 'claim') return { code: 'E_RUN_FOLDER', subject, detail: errno };
    if (call !== 'claimed') return undefined; // an executor that ended tells so itself
    if (tries === TRIES) return { code: 'E_CLAIMED', subject: lxcPath, detail: claimant(subject) };
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
}
