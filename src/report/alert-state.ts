import type { OpenAlertView } from '../ports/alerts-view.ts';

/** `firing`, or `firing, muted` where nobody was told. */
export function alertState({ phase, kind, told }: OpenAlertView): string {
  return `${kind === 'flapping' ? 'flapping' : phase}${told || phase === 'pending' ? '' : ', muted'}`;
}

/** `97 %` of the limit. */
export function levelText(level: number): string {
  return `${Math.round(level * 100)} %`;
}
