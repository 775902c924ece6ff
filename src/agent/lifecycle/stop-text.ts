import { isKilledAtOnce } from '../../lifecycle/killed-at-once.ts';
import type { HaltWay } from '../../model/halt.ts';
import { printable } from '../../model/printable.ts';
import type { Phase, StopAction, StopState } from '../../model/stop.ts';
import { wayOf } from './perform-stop.ts';

/** What people are told of a step of a stop; undefined: nothing. */
export function actionText(state: StopState, action: StopAction): string | undefined {
  switch (action.verb) {
    case 'hook':
      return `runs before: ${printable(state.settings.before[action.index]?.words.join(' ') ?? '')}`;
    case 'thaw':
      return 'stood still, and goes on to be stopped';
    case 'halt':
      return haltText(state, action);
    case 'terminate':
      return 'SIGTERM to all of its processes but init';
    case 'freeze':
      return 'stands still';
    case 'watch':
      return undefined;
    case 'evidence':
      return action.of === 'moving' && isKilledAtOnce(state) ? 'looks at what still runs' : EVIDENCE[action.of];
    case 'kill':
      return state.kills.count > 1 ? 'killed again' : 'killed';
    case 'release':
      return undefined;
  }
}

const EVIDENCE = {
  moving: 'its time is nearly over: looks at what still runs',
  still: undefined,
  stuck: undefined,
  left: 'its init has ended: looks at what still runs',
} as const;

/** What people are told when a phase begins; undefined: its steps say enough. */
export function phaseText(state: StopState, phase: Phase): string | undefined {
  switch (phase) {
    case 'arm':
      return 'waits until its init listens';
    case 'drain':
      return state.isHeard ? 'has heard it, and ends' : 'does not tell whether it has heard it';
    case 'stopped':
      return stoppedText(state);
    case 'wedged':
      return 'was killed, and does not end';
    default:
      return undefined;
  }
}

function stoppedText({ since, askedAt, kills, isUnprepared }: StopState): string {
  const took = `stopped in ${seconds(since - askedAt)}${kills.count > 0 ? ', killed' : ''}`;
  return isUnprepared ? `${took}, and not all that is run before its halt ended well` : took;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function haltText(state: StopState, action: Extract<StopAction, { verb: 'halt' }>): string {
  const again = action.isNag ? 'asked to halt in another way' : `asked to halt${state.halts.count > 1 ? ' again' : ''}`;
  return `${again}: ${wayText(wayOf(state, action))} to its ${action.init} init`;
}

function wayText(way: HaltWay): string {
  switch (way.kind) {
    case 'signal':
      return `signal ${way.signal}`;
    case 'initctl':
      return `runlevel ${way.level} through initctl`;
    case 'runit':
      return "runit's own files and SIGCONT";
    case 'command':
      return `"${printable(way.words.join(' '))}" inside`;
  }
}
