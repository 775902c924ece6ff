/** A hint that a device changed: where to look, never what to believe. */
export interface Uevent {
  readonly group: 'kernel' | 'udev';
  readonly action: 'add' | 'remove' | 'change' | 'move' | 'online' | 'offline' | 'bind' | 'unbind';
  readonly seqnum: bigint;
  readonly subsystem: string;
  readonly devpath: string;
  /** Where a moved device was before. */
  readonly oldDevpath?: string;
}
