import type { HaltChoice } from './halt.ts';

/** When a guest is started, and when those that wait for it may go on. */
export interface StartSettings {
  /** Started with the host; others only when somebody asks. */
  readonly auto: boolean;
  /** Groups of guests that are started and stopped together. */
  readonly marks: readonly string[];
  /** Guests that are ready before this one is started. */
  readonly after: readonly string[];
  readonly ready: Readiness;
  readonly timeoutMs: number;
  /** What those do that wait for it, when it is not ready in time. */
  readonly late: Late;
}

export type Late = 'hold' | 'continue' | 'fail';

/** What tells that a guest does its work. */
export type Readiness =
  /** Its init takes the signal that halts it. */
  | { readonly kind: 'armed' }
  /** It says so itself, as a service does to systemd; its systemd, where it has one, is asked as well. */
  | { readonly kind: 'notify' }
  /** Somebody inside listens on the port; with an address: it takes a connection from the host. */
  | { readonly kind: 'tcp'; readonly port: number; readonly host?: string }
  /** Somebody inside listens on that socket. */
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }
  /** A program inside ends with 0. */
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'delay'; readonly delayMs: number };

export interface StopSettings {
  /** From the request to the kill. */
  readonly timeoutMs: number;
  readonly before: readonly StopHook[];
  /** Absent: by what its init is. */
  readonly halt?: HaltChoice;
}

/** A program that is run before a guest is halted. */
export interface StopHook {
  readonly words: readonly string[];
  readonly timeoutMs: number;
  readonly where: 'guest' | 'host';
}

export interface RestartSettings {
  /** Absent: a guest that ends by itself stays so. */
  readonly crash?: CrashSettings;
  /** `off`: it is stopped when it reboots from inside. Absent: it reboots as often as it likes, which is told. */
  readonly reboot?: RebootSettings | 'off';
}

/** More than `budget` reboots from inside within that time are too many. */
export interface RebootSettings {
  readonly budget: number;
  readonly withinMs: number;
}

/** Started again after `delayMs`, twice as long each time, up to `mostMs`; as new after `stableMs`; at most `budget` times an hour. */
export interface CrashSettings {
  readonly delayMs: number;
  readonly mostMs: number;
  readonly stableMs: number;
  readonly budget: number;
}
