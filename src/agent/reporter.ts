import { type FailureCode, failures, failureText, type Refusal } from '../model/failure.ts';
import type { EventView } from '../ports/agent.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalEntry } from '../ports/host.ts';
import type { History } from '../report/history.ts';

/** What happened, without its number and time. */
export type Fact = Omit<EventView, 'number' | 'time' | 'severity'> & { readonly severity?: EventView['severity'] };

/** Where facts go: the history, and the journal or, without one, standard error. */
export interface Reporter {
  fact(fact: Fact): void;
  refusal(refusal: Refusal, about?: Pick<Fact, 'guest' | 'rule' | 'device'>): void;
  readonly history: History;
}

export type Log = (entry: JournalEntry) => void;

/** For facts that are no refusal: one message id for each kind. */
const MESSAGE_IDS: Record<EventView['kind'], string> = {
  device: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e401',
  guest: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e402',
  action: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e403',
  refusal: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e404',
  config: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e405',
  uevents: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e406',
  agent: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e407',
  command: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e408',
  alert: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e409',
  stop: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e40a',
  start: '1d5d2a3c7c8b4c6fa2f0a8f1b6c9e40b',
};

const PRIORITIES: Record<EventView['severity'], JournalEntry['priority']> = { error: 3, warning: 4, info: 6 };

export function createReporter(history: History, clock: Clock, log: Log): Reporter {
  const tell = (fact: Fact, code?: FailureCode) => {
    const severity = fact.severity ?? 'info';
    history.add({ time: clock.calendar(), ...fact, severity });
    log({
      message: fact.says,
      messageId: code === undefined ? MESSAGE_IDS[fact.kind] : failures[code].messageId,
      priority: PRIORITIES[severity],
      fields: journalFields(fact),
    });
  };
  return {
    history,
    fact: (fact) => tell(fact),
    refusal: (refusal, about = {}) =>
      tell(
        { kind: 'refusal', severity: failures[refusal.code].severity, says: failureText(refusal), ...about },
        refusal.code,
      ),
  };
}

function journalFields({ guest, rule, device, action, resource }: Fact): Readonly<Record<string, string>> {
  return {
    ...(guest && { HOSTLER_GUEST: guest }),
    ...(rule && { HOSTLER_RULE: rule }),
    ...(device && { HOSTLER_DEVICE: device }),
    ...(action && { HOSTLER_ACTION: action }),
    ...(resource && { HOSTLER_RESOURCE: resource }),
  };
}
