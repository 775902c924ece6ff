import { type Drive, type Pace, wantsIdle } from '../../limits/drive.ts';
import { IDLE_STEP_US, idleMember, shareIdle } from '../../limits/idle.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { Ports } from '../world.ts';

/** A guest whose bucket somebody keeps. */
interface Driving {
  readonly guest: string;
  readonly policy: BucketPolicy;
  readonly pace: Pace;
  drive: Drive;
}

/** What was seen of the host at the last look. */
interface Look {
  readonly atUs: number;
  readonly idleUs: number;
  readonly lackingUs: number;
}

/** Gives what the host leaves idle to guests that want it; while none does nobody looks. */
export class IdleSharing {
  readonly #ports: Pick<Ports, 'cgroups' | 'clock'>;
  readonly #look: (guest: string) => void;
  /** With what each had used of it at the last look. */
  readonly #among = new Map<Driving, number>();
  #cancelLook: () => void = () => {};

  /** `look`: counts what a guest used, and grants it what it has. */
  constructor(ports: Pick<Ports, 'cgroups' | 'clock'>, look: (guest: string) => void) {
    this.#ports = ports;
    this.#look = look;
  }

  /** It is among them from now on, if it wants it; until it wants no more than its rate. */
  seen(driving: Driving): void {
    const { drive, policy, pace } = driving;
    if (this.#among.has(driving) || !wantsIdle(drive, policy, drive.bucket.atUs, pace)) return;
    this.#among.set(driving, drive.credit.usedUs);
    if (this.#among.size === 1) this.#lookLater({ ...this.#host(), lackingUs: 0 });
  }

  leave(driving: Driving): void {
    this.#among.delete(driving);
    if (this.#among.size === 0) this.#cancelLook();
  }

  #lookLater(last: Look): void {
    const { clock } = this.#ports;
    this.#cancelLook = clock.wake(clock.now() + IDLE_STEP_US / 1000, () => this.#share(last));
  }

  #share(last: Look): void {
    for (const driving of this.#among.keys()) this.#look(driving.guest);
    for (const driving of this.#among.keys()) this.#leaveIfCalm(driving);
    if (this.#among.size === 0) return;
    const now = this.#host();
    const elapsed = { elapsedUs: now.atUs - last.atUs, idleUs: Math.max(0, now.idleUs - last.idleUs) };
    const all = [...this.#among];
    const members = all.map(([{ drive, policy, pace }, usedUs]) =>
      idleMember(drive, policy, drive.bucket.atUs, pace, usedUs),
    );
    const { creditsUs, lackingUs } = shareIdle(
      { cpus: this.#ports.cgroups.host.cpus, ...elapsed },
      members,
      last.lackingUs,
    );
    for (const [at, [driving]] of all.entries()) this.#give(driving, creditsUs[at] ?? 0);
    this.#lookLater({ ...now, lackingUs });
  }

  #give(driving: Driving, leftUs: number): void {
    const { credit } = driving.drive;
    this.#among.set(driving, credit.usedUs);
    if (leftUs === credit.leftUs) return;
    driving.drive = { ...driving.drive, credit: { ...credit, leftUs } };
    this.#look(driving.guest);
  }

  // What it did not use is nobody's.
  #leaveIfCalm(driving: Driving): void {
    const { drive, pace } = driving;
    if (drive.bucket.atUs - drive.eagerAtUs <= pace.eagerForUs) return;
    driving.drive = { ...drive, credit: { ...drive.credit, leftUs: 0 } };
    this.#among.delete(driving);
  }

  #host() {
    return { atUs: this.#ports.clock.now() * 1000, idleUs: this.#ports.cgroups.hostIdleUs() };
  }
}
