import { say } from './say.ts';

/** What takes away again the things that were made; each is noted before it can be in the way of an end. */
export interface Undo {
  /** `what` names the thing for the case that it stays. */
  note(what: string, remove: () => unknown): void;
  /** Takes everything away, the last first, and says what could not be; true when nothing is left. */
  all(): Promise<boolean>;
}

export function createUndo(): Undo {
  const made: { readonly what: string; readonly remove: () => unknown }[] = [];
  return {
    note: (what, remove) => void made.push({ what, remove }),
    async all() {
      let isClean = true;
      for (const { what, remove } of made.reverse()) {
        try {
          await remove();
        } catch (error) {
          isClean = false;
          say(`   ${what} is left: ${error instanceof Error ? error.message : error}`);
        }
      }
      return isClean;
    },
  };
}
