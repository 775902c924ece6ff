import { takenUp, type Usage } from '../../limits/bucket.ts';
import type { Pace } from '../../limits/drive.ts';
import type { Bucket } from '../../model/bucket.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { Ports } from '../world.ts';

/** Counted again from one a second old a bucket is as exact: the kernel's counter goes on. */
const KEEP_MS = 1000;

/** Buckets on the disk, for whoever drives after this agent. */
export class KeptBuckets {
  readonly #ports: Pick<Ports, 'store' | 'clock'>;
  /** What was kept last, and the monotonic ms before which no other is. */
  readonly #last = new Map<string, { readonly bucket: Bucket; readonly notBefore: number }>();
  /** Those whose bucket was nearly full when somebody looked last. */
  readonly #full = new Set<string>();
  /** Those of whom surely nothing is kept. */
  readonly #none = new Set<string>();

  constructor(ports: Pick<Ports, 'store' | 'clock'>) {
    this.#ports = ports;
  }

  /** As it is now; undefined: nothing was kept in this life of the cgroup. */
  of(guest: string, epoch: string, policy: BucketPolicy, now: Usage, { doubtUs }: Pace): Bucket | undefined {
    const kept = this.#ports.store.bucket(guest);
    return kept?.epoch === epoch ? takenUp(kept.bucket, policy, now, doubtUs) : undefined;
  }

  /** Now and then, if it changed. Whether it is held does not follow from an older one, nor how long it was full before it was used. */
  keep(guest: string, epoch: string, bucket: Bucket, isFull: boolean): void {
    const last = this.#last.get(guest);
    const wasFull = this.#full.delete(guest);
    if (isFull) this.#full.add(guest);
    const isAlike = last?.bucket.held === bucket.held && (isFull || !wasFull);
    if (isAlike && last?.bucket.tokensUs === bucket.tokensUs) return;
    if (!isAlike || this.#ports.clock.now() >= last.notBefore) this.keepNow(guest, epoch, bucket);
  }

  // What cannot be kept now is kept at a later look: only an agent that ends before that counts from an older one.
  keepNow(guest: string, epoch: string, bucket: Bucket): void {
    this.#ports.store.saveBucket(guest, { epoch, bucket });
    this.#none.delete(guest);
    this.#last.set(guest, { bucket, notBefore: this.#ports.clock.now() + KEEP_MS });
  }

  forget(guest: string): void {
    this.#last.delete(guest);
    this.#full.delete(guest);
  }

  /** Nobody holds the guest to it any more: what it uses from now on is no debt. */
  remove(guest: string): void {
    if (this.#none.has(guest)) return;
    this.#ports.store.removeBucket(guest);
    this.#none.add(guest);
  }
}
