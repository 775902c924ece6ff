import type { Refusal } from '../../model/failure.ts';

/** What guests have of the host, and what is left of it when they have ended, as others of the agent see it. */
export interface Leavings {
  /** Something about the guest may have changed. */
  look(guest: string): void;
  /** What it has now is what it can leave: it is being stopped. */
  note(guest: string): void;
  /** A loop device has changed: a guest may have attached a file of its own. */
  lookAtLoops(): void;
  /** Whether nothing is left of starts that are over, or what is left stays. */
  isSettled(guest: string): boolean;
  /** Resolves when nothing is left of starts that are over, or what is left stays. */
  settled(guest: string): Promise<void>;
  refusals(guest: string): readonly Refusal[];
}
