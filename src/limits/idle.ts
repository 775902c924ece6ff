import type { BucketPolicy } from '../model/policy.ts';
import { rateOf } from './bucket.ts';
import { type Drive, type Pace, wantsIdle } from './drive.ts';

/** What the processors of a host did since the last look, microseconds. */
export interface HostLook {
  readonly cpus: number;
  readonly elapsedUs: number;
  /** Of all processors together. */
  readonly idleUs: number;
}

/** A guest with a share of what others leave idle. All times are microseconds of CPU time. */
export interface IdleMember {
  /** It has spent all that it earned, and wants more. */
  readonly wants: boolean;
  /** Its share, as compared with those of others. */
  readonly share: number;
  /** Was given and not used. */
  readonly creditUs: number;
  /** Was given and used since the last look. */
  readonly usedUs: number;
  /** So much of it must there be before any of it is of use. */
  readonly leastUs: number;
}

/** `usedUs`: what it had ever used of it at the last look. */
export function idleMember(drive: Drive, policy: BucketPolicy, atUs: number, pace: Pace, usedUs: number): IdleMember {
  const { idle, hold, threshold, tickUs } = policy;
  return {
    wants: wantsIdle(drive, policy, atUs, pace),
    share: idle === undefined ? 0 : rateOf(idle),
    creditUs: drive.credit.leftUs,
    usedUs: drive.credit.usedUs - usedUs,
    leastUs: hold === 'strict' ? Math.max(pace.beginUs, threshold * tickUs) : pace.beginUs,
  };
}

/** How long what is given at a look is to last. */
export const IDLE_STEP_US = 100_000;
/** Of each processor so much is left idle: when it is not there any more, others want it. */
const LEFT_IDLE = 0.02;
/** What lacks of that is made up for, but not for longer than that. */
const LACKING_FOR_US = 1_000_000;

export interface IdleShares {
  /** What each has then, in the order of the members. */
  readonly creditsUs: readonly number[];
  /** What lacked of the little that is left idle, for the next look. */
  readonly lackingUs: number;
}

/**
 * What each of them is given of what others leave idle: all that nobody used, and what those used who were given it, but for a
 * little. While others use that little, too, less is given at each look, until it is nothing: they may have waited for all of it.
 */
export function shareIdle(host: HostLook, members: readonly IdleMember[], lackingUs: number): IdleShares {
  const { cpus, elapsedUs, idleUs } = host;
  const usedUs = members.reduce((sum, member) => sum + member.usedUs, 0);
  const spareUs = idleUs + usedUs - LEFT_IDLE * cpus * elapsedUs - lackingUs;
  const given = divided(
    soonUsed(spareUs, elapsedUs),
    members.map((member) => claimOf(member, cpus)),
  );
  return {
    creditsUs: members.map(({ creditUs }, at) => creditUs + (given[at] ?? 0)),
    lackingUs: Math.min(Math.max(0, -spareUs), LEFT_IDLE * cpus * LACKING_FOR_US),
  };
}

// Nobody looked for long: of what was spare then is given what lasts until the next look.
function soonUsed(spareUs: number, elapsedUs: number): number {
  return Math.max(0, spareUs) * Math.min(1, IDLE_STEP_US / Math.max(1, elapsedUs));
}

// More than all processors can do until the next look is of no use to it.
function claimOf({ wants, share, creditUs, leastUs }: IdleMember, cpus: number): Claim {
  return { share, roomUs: wants ? Math.max(0, leastUs + cpus * IDLE_STEP_US - creditUs) : 0 };
}

interface Claim {
  readonly share: number;
  readonly roomUs: number;
}

// What is more than one of them has room for goes to the others.
function divided(spareUs: number, claims: readonly Claim[]): readonly number[] {
  const given = claims.map(() => 0);
  const order = [...claims.keys()].filter((at) => (claims[at]?.share ?? 0) > 0);
  const fullAt = (at: number) => (claims[at]?.roomUs ?? 0) / (claims[at]?.share ?? 1);
  let [leftUs, shares] = [spareUs, order.reduce((sum, at) => sum + (claims[at]?.share ?? 0), 0)];
  for (const at of order.toSorted((one, other) => fullAt(one) - fullAt(other))) {
    const { share = 0, roomUs = 0 } = claims[at] ?? {};
    const us = Math.floor(Math.min(roomUs, (leftUs * share) / shares));
    given[at] = us;
    leftUs -= us;
    shares -= share;
  }
  return given;
}
