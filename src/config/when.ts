import { nearest } from '../model/nearest.ts';
import type { When } from '../model/rule.ts';
import { durationProblem, parseDuration } from './duration.ts';
import { quote } from './quote.ts';

/** `optional`, `required` or `wait 30s`; undefined for anything else. */
export function parseWhen(text: string): When | undefined {
  if (text === 'optional' || text === 'required') return { kind: text };
  const waitMs = parseDuration(waitOf(text) ?? '');
  return waitMs === undefined ? undefined : { kind: 'wait', waitMs };
}

export function whenProblem(text: string): string | undefined {
  const wait = waitOf(text);
  if (wait !== undefined) return durationProblem(wait);
  if (parseWhen(text)) return undefined;
  const guess = nearest(text, ['optional', 'required']);
  return `${quote(text)} is unknown; ${guess === undefined ? '' : `did you mean ${guess}? `}write optional, required or "wait 30s"`;
}

function waitOf(text: string): string | undefined {
  return /^wait +(.*)$/s.exec(text)?.[1];
}
