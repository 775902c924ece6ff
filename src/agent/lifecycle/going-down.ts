import type { Refusal } from '../../model/failure.ts';
import type { ShutdownView } from '../../ports/shutdown.ts';

/** What a shutdown of the host would be, as others of the agent see it. */
export interface GoingDown {
  /** It was said that the host is about to go down, and not taken back. */
  isSaid: boolean;
  /** Reads anew what the host waits for. */
  look(): Promise<void>;
  /** Whether guests are let halt by us when the host goes down, as far as is known. */
  isOurs(): boolean;
  /** How long guests have before something ends them; undefined: nothing does. */
  limitMs(): number | undefined;
  /** `budgetMs` instead of what hostler.yaml says. */
  view(budgetMs?: number): ShutdownView;
  /** As it was some seconds ago. */
  lately(): ShutdownView;
  warnings(): readonly Refusal[];
  /** Tells from now on also who does not ask. */
  beginToWarn(): void;
}
