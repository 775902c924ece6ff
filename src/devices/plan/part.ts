import type { Action } from '../../model/action.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Corrections } from '../../model/ledger.ts';
import type { Correction } from './corrections.ts';

/** What one wish adds to a plan. */
export interface Part {
  readonly path: string;
  readonly action?: Action;
  readonly refusal?: Refusal;
  readonly corrections?: Corrections;
  readonly wakeAt?: number;
}

/** The action, if doing it once more is allowed. */
export function correctingPart(path: string, action: Action, correction: Correction): Part {
  if (correction.allowed) return { path, action, corrections: correction.corrections };
  return { path, refusal: correction.refusal, wakeAt: correction.wakeAt };
}
