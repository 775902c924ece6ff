import type { Device } from '../model/device.ts';
import type { Match } from '../model/rule.ts';
import { findMismatch } from './mismatch.ts';

/** Whether every condition holds for the device; a match without conditions takes every device. */
export function matches(match: Match, device: Device): boolean {
  return findMismatch(match, device) === undefined;
}
